import type { Template } from './template.ts';

/**
 * The event itself, in CloudEvents' structured mode (JSON Event Format 1.0.2, section 3). The best form for programs.
 */
export const cloudevent: Template = (event) => ({
  contentType: 'application/cloudevents+json; charset=utf-8',
  body: JSON.stringify(event),
});
