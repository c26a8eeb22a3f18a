import type { LogRecord } from '../records.ts';
import type { Unreadable } from '../read-records.ts';

/** What is worth a line in the log. No secret is in it: URLs and headers are not at all. */
export type WebhookReport =
  /** An attempt, once its outcome is kept. */
  | { readonly type: 'attempt'; readonly endpoint: string; readonly attempt: LogRecord }
  | {
      readonly type: 'endpoint';
      readonly endpoint: string;
      readonly is: 'added' | 'changed' | 'on' | 'off' | 'removed';
      readonly reason?: string;
      /** Events that waited for it and went with it. */
      readonly dropped?: number;
    }
  /** Of a secret that others can read, or one that is missing where there should be one. */
  | { readonly type: 'warning'; readonly endpoint: string; readonly warning: string }
  /** Given up without an attempt: too many wait already. */
  | { readonly type: 'refused'; readonly endpoint: string; readonly eventId: string; readonly reason: string }
  /** Dead deadLetters that were forgotten, as there are too many. */
  | { readonly type: 'forgotten'; readonly endpoint: string; readonly deadLetters: number }
  /** Asked for an endpoint that there is not. */
  | { readonly type: 'nowhere'; readonly endpoint: string; readonly eventId: string }
  /** It stood in the queue, and the store has it no more: another program removed it, or the store lost it. */
  | { readonly type: 'vanished'; readonly endpoint: string; readonly eventId: string }
  | ({ readonly type: 'unreadable' } & Unreadable)
  /** The event that was dealt with last is kept no more. What is kept since is dealt with, some of it perhaps again. */
  | { readonly type: 'hole'; readonly after: string }
  /** The store does not answer. Nothing is sent until it does. */
  | { readonly type: 'away'; readonly reason: string }
  | { readonly type: 'back' };

/** Takes what is worth a log line. */
export type DispatchReport = (report: WebhookReport) => void;
