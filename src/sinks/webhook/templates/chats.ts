import { severityOf } from '../filter.ts';
import { markdownText, oneLine, slackText } from './escape.ts';
import { json, type Template } from './template.ts';

/** Slack's incoming webhook. Slack itself would cut longer texts in the middle of a word. */
export const slack: Template = (event, sentence) =>
  json({ text: slackText(oneLine(sentence(event), 3000)), mrkdwn: false });

/** Mattermost's incoming webhook. Its limit is 16,383 characters, including escapes. */
export const mattermost: Template = (event, sentence) => json({ text: markdownText(oneLine(sentence(event), 4000)) });

/** A flag of a Discord message: no previews of links. */
const SUPPRESS_EMBEDS = 4;

/**
 * Discord's webhook. Its limit is 2,000 characters; half of them are reserved for escapes. Text never mentions users,
 * whatever a name contains.
 */
export const discord: Template = (event, sentence) =>
  json({
    content: markdownText(oneLine(sentence(event), 1000)),
    allowed_mentions: { parse: [] },
    flags: SUPPRESS_EMBEDS,
  });

/**
 * `sendMessage` of Telegram's Bot API, to this chat. Its limit is 4,096 characters. Without `parse_mode` the text is
 * shown unchanged. Events below `warning` arrive without a sound.
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
