import { severityOf } from '../filter.ts';
import { markdownText, oneLine, slackText } from './escape.ts';
import { json, type Template } from './template.ts';

/** Slack's incoming webhook. Longer texts it cuts itself, in the middle of a word. */
export const slack: Template = (event, sentence) =>
  json({ text: slackText(oneLine(sentence(event), 3000)), mrkdwn: false });

/** Mattermost's incoming webhook. Its limit is 16,383 characters, escapes counted. */
export const mattermost: Template = (event, sentence) => json({ text: markdownText(oneLine(sentence(event), 4000)) });

/** Of the flags of a Discord message: show no preview of links. */
const SUPPRESS_EMBEDS = 4;

/** Discord's webhook. Its limit is 2,000 characters; half are left for escapes. Nobody is mentioned, whatever a name holds. */
export const discord: Template = (event, sentence) =>
  json({
    content: markdownText(oneLine(sentence(event), 1000)),
    allowed_mentions: { parse: [] },
    flags: SUPPRESS_EMBEDS,
  });

/**
 * `sendMessage` of Telegram's Bot API, to this chat. Its limit is 4,096 characters. Without `parse_mode` the text is
 * shown as it is. What is less than a warning comes without a sound.
 */
export function telegram(chat: string): Template {
  return (event, sentence) => {
    const severity = severityOf(event);
    return json({
      chat_id: chat,
      text: oneLine(sentence(event), 4000),
      link_preview_options: { is_disabled: true },
      disable_notification: severity === 'info' || severity === 'notice',
    });
  };
}
