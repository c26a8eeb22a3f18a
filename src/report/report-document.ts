import { inMarkup, printable } from './printable.ts';

/** A part of a section. */
export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | {
      readonly kind: 'table';
      readonly caption: string;
      readonly head: readonly string[];
      readonly rows: readonly Row[];
      /** Long parts that few readers need first. */
      readonly isFolded?: true;
    }
  /** A picture by its id, with its caption. */
  | { readonly kind: 'picture'; readonly id: string; readonly title: string; readonly text: string };

type Row = readonly string[];

/** A heading and its content. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A report of one territory and family: the answer first, then its evidence. */
export interface ReportDocument {
  readonly title: string;
  readonly answer: string;
  readonly sections: readonly Section[];
}

/** Reports as Markdown. Pictures are replaced by their captions. */
export function reportMarkdown(documents: readonly ReportDocument[]): string {
  return documents
    .map(({ title, answer, sections }) => {
      const body = sections.flatMap((section) => [`## ${marked(section.title)}`, ...section.blocks.map(blockMarkdown)]);
      return [`# ${marked(title)}`, `**${marked(answer)}**`, ...body].join('\n\n');
    })
    .join('\n\n')
    .concat('\n');
}

function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case 'text':
      return marked(block.text);
    case 'list':
      return block.items.map((item) => `- ${marked(item)}`).join('\n');
    case 'picture':
      return `**${marked(block.title)}.** ${marked(block.text)}`;
    case 'table': {
      const line = (cells: Row) => `| ${cells.map(marked).join(' | ')} |`;
      return [line(block.head), `|${' --- |'.repeat(block.head.length)}`, ...block.rows.map(line)].join('\n');
    }
  }
}

/**
 * Reports as one HTML document that needs no network: it contains its pictures, and no script.
 *
 * @param pictureOf returns the SVG of a picture, by the number of the document and the picture's id.
 */
export function reportHtml(
  documents: readonly ReportDocument[],
  pictureOf: (document: number, id: string) => string,
): string {
  const articles = documents.map(({ title, answer, sections }, i) => {
    const body = sections.map(
      (section) =>
        `<section>\n<h2>${inMarkup(section.title)}</h2>\n${section.blocks.map((block) => blockHtml(block, (id) => pictureOf(i, id))).join('\n')}\n</section>`,
    );
    return `<article>\n<h1>${inMarkup(title)}</h1>\n<p class="answer">${inMarkup(answer)}</p>\n${body.join('\n')}\n</article>`;
  });
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${inMarkup(documents.map(({ title }) => title).join('; '))}</title>`,
    `<style>${STYLE}</style></head><body><main>`,
    ...articles,
    '</main></body></html>',
    '',
  ].join('\n');
}

function blockHtml(block: Block, pictureOf: (id: string) => string): string {
  switch (block.kind) {
    case 'text':
      return `<p>${inMarkup(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${inMarkup(item)}</li>`).join('')}</ul>`;
    case 'picture':
      return (
        `<figure><div role="img" aria-label="${inMarkup(`${block.title}. ${block.text}`)}">${pictureOf(block.id)}</div>` +
        `<figcaption><b>${inMarkup(block.title)}.</b> ${inMarkup(block.text)}</figcaption></figure>`
      );
    case 'table': {
      const head = block.head.map((cell) => `<th scope="col">${inMarkup(cell)}</th>`).join('');
      const rows = block.rows.map((row) => `<tr>${row.map((cell) => `<td>${inMarkup(cell)}</td>`).join('')}</tr>`);
      const label = inMarkup(block.caption);
      const table =
        `<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table><caption>${label}</caption>` +
        `<thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
      return block.isFolded === true ? `<details><summary>${label}</summary>${table}</details>` : table;
    }
  }
}

const STYLE =
  ':root{color-scheme:light}body{font:16px/1.5 system-ui,"DejaVu Sans",sans-serif;margin:0;background:#fff;color:#1b1f24}' +
  'main{max-width:75rem;margin:2rem auto;padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}' +
  '.answer{font-size:1.25rem;font-weight:600;max-width:52rem}figure{margin:1.5rem 0}figure svg{max-width:100%;height:auto}' +
  'figcaption,caption{color:#50575f;text-align:left}p,li,figcaption{max-width:52rem;overflow-wrap:anywhere}' +
  '.scroll{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;font-variant-numeric:tabular-nums}' +
  'th,td{border:1px solid #c9ced6;padding:.2rem .5rem;text-align:left;vertical-align:top}';

/** Escapes text for Markdown, so that nothing in it becomes a link, a tag or a heading. */
export function marked(text: string): string {
  return printable(text).replaceAll(/[\\`*_[\]<>#|]/g, (sign) => `\\${sign}`);
}
