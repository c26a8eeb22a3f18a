import { parseJson } from '../../../src/lib/json.ts';
import { parseFilter, type ReadFilter } from './filter.ts';

/** `socketOptions` hold for all subscriptions of a socket; a later one that has them overrides. */
export interface SocketOptions {
  readonly includeRaw: boolean;
  readonly acknowledge: boolean;
}

/** The commands of a client: `{"type": …, "data": …}` in text frames. */
export type Command =
  | { readonly type: 'ris_subscribe'; readonly subscription: ReadFilter; readonly options: SocketOptions | undefined }
  | { readonly type: 'ris_unsubscribe'; readonly subscription: ReadFilter }
  | { readonly type: 'request_rrc_list' }
  | { readonly type: 'ping' }
  | { readonly type: 'refused'; readonly error: ErrorData };

/** `data` of a `ris_error`. */
export interface ErrorData {
  readonly message: string;
  readonly command_type?: string;
  readonly bufferSize?: number;
}

/** The options of a connection that has not set any. */
export const DEFAULT_SOCKET_OPTIONS: SocketOptions = { includeRaw: false, acknowledge: false };

/** Reads one frame of a client. Never throws on input. */
export function parseCommand(text: string): Command {
  const frame = parseJson(text);
  if (typeof frame !== 'object' || frame === null || Array.isArray(frame))
    return refused('Could not parse message as a JSON object');
  const { type, data } = frame as { type?: unknown; data?: unknown };
  switch (type) {
    case 'ping':
    case 'request_rrc_list':
      return { type };
    case 'ris_unsubscribe': {
      const subscription = parseFilter(data);
      return subscription.ok ? { type, subscription } : refused(subscription.message, type);
    }
    case 'ris_subscribe': {
      const subscription = parseFilter(data);
      if (!subscription.ok) return refused(subscription.message, type);
      const options = parseSocketOptions(data);
      return options === false ? refused('Invalid socketOptions', type) : { type, subscription, options };
    }
    default:
      return refused('Unknown command type', typeof type === 'string' ? type.slice(0, 100) : undefined);
  }
}

/** `undefined`: none are given. Before 2019 `includeRaw` was beside the filters; clients still put it there. */
export function parseSocketOptions(data: unknown): SocketOptions | undefined | false {
  if (typeof data !== 'object' || data === null) return undefined;
  const { socketOptions, includeRaw } = data as { socketOptions?: unknown; includeRaw?: unknown };
  if (socketOptions === undefined || socketOptions === null) {
    return typeof includeRaw === 'boolean' ? { ...DEFAULT_SOCKET_OPTIONS, includeRaw } : undefined;
  }
  if (typeof socketOptions !== 'object') return false;
  const { includeRaw: raw = false, acknowledge = false } = socketOptions as Record<string, unknown>;
  return typeof raw === 'boolean' && typeof acknowledge === 'boolean' ? { includeRaw: raw, acknowledge } : false;
}

function refused(message: string, command?: string): Command {
  return { type: 'refused', error: { message, ...(command === undefined ? {} : { command_type: command }) } };
}
