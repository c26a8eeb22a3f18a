import type { LogRecord } from '../endpoints/records.ts';
import type { Unreadable } from '../endpoints/read-records.ts';

/** A log message. It contains no secrets: neither URLs nor headers. */
export type WebhookReport =
  /** An attempt, after its outcome is stored. */
  | { readonly type: 'attempt'; readonly endpoint: string; readonly attempt: LogRecord }
  | {
      readonly type: 'endpoint';
      readonly endpoint: string;
      readonly is: 'added' | 'changed' | 'on' | 'off' | 'removed';
      readonly reason?: string;
      /** Number of waiting events that were removed with the endpoint. */
      readonly dropped?: number;
    }
  /** A secret is readable by others, or missing. */
  | { readonly type: 'warning'; readonly endpoint: string; readonly warning: string }
  /** An event was given up without an attempt, because the queue is full. */
  | { readonly type: 'refused'; readonly endpoint: string; readonly eventId: string; readonly reason: string }
  /** Dead letters were removed, because there were too many. */
  | { readonly type: 'forgotten'; readonly endpoint: string; readonly deadLetters: number }
  /** A delivery was requested for an endpoint that does not exist. */
  | { readonly type: 'nowhere'; readonly endpoint: string; readonly eventId: string }
  /** A queued event is no longer in the store: another program removed it, or the store lost it. */
  | { readonly type: 'vanished'; readonly endpoint: string; readonly eventId: string }
  | ({ readonly type: 'unreadable' } & Unreadable)
  /** The last handled event is no longer stored. All stored events are handled, some perhaps for a second time. */
  | { readonly type: 'hole'; readonly after: string }
  /** The store does not answer. Nothing is sent until it does. */
  | { readonly type: 'away'; readonly reason: string }
  | { readonly type: 'back' };

/** Receives log messages. */
export type DispatchReport = (report: WebhookReport) => void;
