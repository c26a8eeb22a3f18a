/** How the input ended: `open` while more can come, `padding` zero bytes after the last stream, `garbage` others. */
export type Bz2End = 'open' | 'clean' | 'padding' | 'garbage' | 'truncated' | 'corrupt' | 'not-bzip2';
