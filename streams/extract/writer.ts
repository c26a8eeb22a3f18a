import { open, type FileHandle } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { ScanBatch } from '../mrt/scan/scan-job.ts';
import { batchLine } from './batch-line.ts';
import {
  FIRST_LINE,
  indexText,
  PIECE_CHARACTERS,
  PIECE_HEADER_BYTES,
  type ExtractFile,
  type ExtractIndex,
} from './format.ts';

/** Writes one extract from start to end. Throws errors of the file system. */
export class ExtractWriter {
  readonly #file: FileHandle;
  readonly #files: ExtractFile[] = [];
  #offset = 0;
  #lines: string[] = [];
  #characters = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Creates the file, which must not exist. After a failure the caller removes it. */
  static async create(path: string): Promise<ExtractWriter> {
    const writer = new ExtractWriter(await open(path, 'wx', 0o644));
    try {
      await writer.#write(Buffer.from(FIRST_LINE));
      return writer;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  /** Writes the section of one MRT file from its batches, in order; call `endSection` after the last. */
  async add(batch: ScanBatch): Promise<void> {
    const line = batchLine(batch);
    this.#lines.push(line);
    this.#characters += line.length;
    if (this.#characters >= PIECE_CHARACTERS) await this.#flush();
  }

  /** Ends the section of this file, which began where the one before ended. */
  async endSection(file: Omit<ExtractFile, 'from' | 'to'>): Promise<void> {
    await this.#flush();
    const from = this.#files.at(-1)?.to ?? FIRST_LINE.length;
    this.#files.push({ ...file, from, to: this.#offset });
  }

  /** Writes the index, and waits until everything is on disk. */
  async end(head: Omit<ExtractIndex, 'files'>): Promise<void> {
    const { unread, ...rest } = head;
    await this.#write(Buffer.from(indexText({ ...rest, files: this.#files, unread }, this.#offset)));
    await this.#file.sync();
    await this.close();
  }

  /** Closes the file without an index. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    if (this.#lines.length === 0) return;
    // The same lines must give the same bytes: Node.js leaves the time out of the header of a member.
    const packed = gzipSync(this.#lines.join(''));
    const header = Buffer.alloc(PIECE_HEADER_BYTES);
    header.writeUInt32BE(packed.length);
    this.#lines = [];
    this.#characters = 0;
    await this.#write(Buffer.concat([header, packed]));
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.#file.writeFile(bytes);
    this.#offset += bytes.length;
  }
}
