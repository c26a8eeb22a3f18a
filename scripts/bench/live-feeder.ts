/**
 * The sender of `bench:live`, a process of its own: RIS Live's protocol, without its filters, so that the client
 * receives everything. Frames are made beforehand; only time and id are written into them, because ws's own sending
 * could not keep up with what is to be measured.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer, type WebSocket } from 'ws';
import { RIS_COLLECTORS } from '../../streams/ris-live/control-prefixes.ts';
import { liveScript, type Script, type Template } from './live-messages.ts';
import type { FromFeeder, Phase, Sent, ToFeeder } from './live-protocol.ts';

/** Messages in one write. */
const MAX_BATCH = 512;
/** Messages are sent in groups, at this interval. Milliseconds. */
const PACE_MS = 2;

class Feeder {
  readonly #socket: Duplex;
  readonly #script: Script = liveScript();
  #isStopped = false;
  #lastMs = 0;
  #counter = 0;
  #sent = { messages: 0, bytes: 0, watched: 0, others: 0, beacon: 0, mostBehind: 0, mostBehindBytes: 0 };

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  stop(): void {
    this.#isStopped = true;
  }

  async play(phases: readonly Phase[]): Promise<Sent> {
    const { opening } = this.#script;
    await this.#write(opening, () => Date.now());
    let startMs = Date.now();
    post({ type: 'begun', atMs: startMs });
    for (const phase of phases) {
      if (phase.rate === 'unpaced') await this.#unpaced(startMs + phase.seconds * 1000);
      else await this.#paced(phase.rate, phase.seconds, startMs);
      startMs += phase.seconds * 1000;
    }
    return this.#sent;
  }

  async #unpaced(endMs: number): Promise<void> {
    while (!this.#isStopped && Date.now() < endMs) await this.#write(this.#next(MAX_BATCH), () => Date.now());
  }

  /** A message that is sent late keeps its due time, because waiting in the sender counts as lag, too. */
  async #paced(rate: number, seconds: number, startMs: number): Promise<void> {
    const total = rate * seconds;
    for (let done = 0; done < total && !this.#isStopped;) {
      const due = Math.min(total, Math.floor(((Date.now() - startMs) * rate) / 1000));
      this.#note(due - done);
      const size = Math.min(due - done, MAX_BATCH);
      if (size <= 0) {
        await sleep(PACE_MS);
        continue;
      }
      const first = done;
      await this.#write(this.#next(size), (i) => Math.floor(startMs + ((first + i) * 1000) / rate));
      done += size;
    }
  }

  #note(behind: number): void {
    const { messages, bytes, mostBehind } = this.#sent;
    if (behind <= mostBehind) return;
    this.#sent.mostBehind = behind;
    this.#sent.mostBehindBytes = Math.round((behind * bytes) / messages);
  }

  #next(size: number): Template[] {
    return Array.from({ length: size }, () => this.#script.next());
  }

  /** Resolves when the socket takes more. */
  async #write(templates: readonly Template[], stampOf: (index: number) => number): Promise<void> {
    const batch = Buffer.allocUnsafe(templates.reduce((sum, { frame }) => sum + frame.length, 0));
    let at = 0;
    for (const [i, { frame, timeAt, idAt, watched, others, beacon }] of templates.entries()) {
      frame.copy(batch, at);
      this.#stamp(batch, stampOf(i), at + timeAt, at + idAt);
      at += frame.length;
      this.#sent.watched += watched;
      this.#sent.others += others;
      this.#sent.beacon += beacon;
    }
    this.#sent.messages += templates.length;
    this.#sent.bytes += batch.length;
    if (!this.#socket.destroyed && !this.#socket.write(batch)) await once(this.#socket, 'drain');
  }

  #stamp(batch: Buffer, ms: number, timeAt: number, idAt: number): void {
    this.#counter = ms === this.#lastMs ? this.#counter + 1 : 0;
    this.#lastMs = ms;
    const digits = String(ms);
    batch.write(digits.slice(0, 10), timeAt, 'latin1');
    batch.write(digits.slice(10), timeAt + 11, 'latin1');
    batch.write(ms.toString(16).padStart(12, '0'), idAt, 'latin1');
    batch.write((this.#counter & 0xffff).toString(16).padStart(4, '0'), idAt + 12, 'latin1');
  }
}

function post(message: FromFeeder): void {
  process.send?.(message);
}

/** Acknowledges subscriptions, and answers with the list of collectors. */
function answer(client: WebSocket): void {
  client.on('message', (bytes: Buffer) => {
    const { type, data } = JSON.parse(bytes.toString('utf8')) as { type: string; data: Record<string, unknown> | null };
    if (type === 'request_rrc_list') client.send(JSON.stringify({ type: 'ris_rrc_list', data: RIS_COLLECTORS }));
    if (type !== 'ris_subscribe') return;
    const { socketOptions, ...subscription } = data ?? {};
    client.send(JSON.stringify({ type: 'ris_subscribe_ok', data: { subscription, socketOptions } }));
  });
}

const http = createServer();
const server = new WebSocketServer({ noServer: true });
let feeder: Feeder | undefined;
http.on('upgrade', (request, socket, head) => {
  server.handleUpgrade(request, socket, head, (client) => {
    answer(client);
    // A batch consists of whole frames in one write, so ws's own frames come before or after it.
    feeder = new Feeder(socket);
  });
});
process.on('message', (message: ToFeeder) => {
  if (message.type === 'stop') feeder?.stop();
  else void feeder?.play(message.phases).then((sent) => post({ type: 'ended', sent }));
});
process.once('disconnect', () => process.exit());
http.listen(0, '127.0.0.1', () => post({ type: 'listening', port: (http.address() as AddressInfo).port }));
