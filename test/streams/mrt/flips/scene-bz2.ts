/** The scenes' files as bzip2 -9 packs them, because Node packs none: by the first 16 digits of the plain bytes' SHA-256. */
export const BZIP2: Readonly<Record<string, string>> = {
  // a table dump
  '08dd1d315c819b13': [
    'QlpoOTFBWSZTWWsjB58AAm//P///kEQAAggAQAAEQCQAAYAEANBQQQCAQAIAAAUwAVM22oRUk00Gh6R6h+qAAMgj0UiGT9KAAAAA',
    'KlNTSExDQMEANNlOy7wv1jtEMZgMJiLi8xklTIZYJvJRKCUSiUSiUSiUSic1aiGfYgiPUREFLBoCrE6dnS/wWIZENBCjyIWgmc/M',
    'IFyH0QviXlkqY0IVzIUTEgSCeTJdERERsjRNtQuko1TBCtqa5VOkEhlFQQ0xDTENOIQ0y2IGUudgiiYpaVarFyH6Qoh34UQ6sifZ',
    'DAQ/AhJsbG1o0aNGbRo0c+2ReGAXg4Ajd1ZNM3EPEmfcTSQyIZkKCY/xdyRThQkGsjB58A==',
  ].join(''),
  // the first table dump
  '5659f177569eb7ca': [
    'QlpoOTFBWSZTWYb42/wAAnH/ff//EEQAAggAQAAEAIQAQAABgAQA0FBBAIIAAAUwASZKhtJFGps9Seon6o/VGRoB6QwaaNNMJiZM',
    'BA0wKlNU8oQyNNAYJkY1Pl/SfesbhnRKhQyPA4GZoSanEscka5kslhLJZLJZLJZLJZPPXUZBskJfqSRSpDklWJ18Ot4RzIYIUbSF',
    'oJlOmaBchzIXwXlkqYoQreQomCE0uOWVsYxjGOeJsaCXJgiLJCVSCrg1SEoKOgyHAyHAyHCTIcG5IgpwioyjgZaVarH6QwQoh6VR',
    'Ds7k6EMxEu6QkzebzQuXLlyxcuXM/JrZL+SOyQlsI2dndomwhtJl5k0EMiFgl/8XckU4UJCG+Nv8',
  ].join(''),
  // updates of a calm time
  b0cccc68847bcd29: [
    'QlpoOTFBWSZTWZULDHsAAsh/ff/9UEQAAgiIQAiEf/wEYAAH/4AA0ABBAIKAAAewAZtaADSiZNGmRoAxBhGQG0Aj0E0YalP/VUAA',
    'ZAMmgaNNAGgGQAIlEmVHv1UepB6gDQAAAA09pT2pOCjiYIOKDgo7L44bMup1dtcnLUlVVVVVVcgMTKLGlevqWgEAgEAgEAgEAgEF',
    'i1s0zMDMzMzMzMzMzOYx5lHgg70Hco/gtEaOSWaein38P3P59RGjklmnopOdwAgTxAF4IAkSAfegxVDiBdB/iDgg4Av9ToOiSSSS',
    'SSSSSSTIMBB/KDkg4mBkgwug3NiDcPqg3LlwliwWLFghAhAhAhAhA6UGxig4CjtQeCNkHgKHEUbIO9BiDqgxB2ag5fa11O4J7lGH',
    'EUYuqjAOAoaihog7RXrbr/fl000008dFVVVVVVVuQdUHpUbKoeBR8KiG9B/4u5IpwoSEqFhj2A==',
  ].join(''),
  // updates of an outage
  '4709b2f321a267f8': [
    'QlpoOTFBWSZTWS3ZwikAAil/P//9UESAAigIQgCEAD/+BIAAANAAQQD/+AKABA+wAVtsFDKoAP9VDINANAAAAAfqmmgGqj/1VAAf',
    'qmgAaABoAaANAAilPUJNPRAAGgAAADJkaepk/EGUakGUG/VTXVc0LujZev3hQ8AbLNve35migAAAAAAAAAGhRlFTJkyZMmTJg6HS',
    'AYIADuINUgFwA38GHFjyZc2fRp1a+PLn069u/jy3rLwoPEjAMA9iNCDgRhVbQlHEjSjSg4HDiBuVQYQaxHq9wbqN0ruAwSjJWgy+',
    'SMlDBDBDBDZSDJLBDX3SSwQ50GgpBqFCoGsHKAyA5QBhH9EGAceQGhG1GEccA6tClqDa5BBgSEgGYAAYQACxBcBBovRmZnmda8gk',
    'kkkktdHUBtBzIOalVcCDwKIZ0H/F3JFOFCQLdnCKQA==',
  ].join(''),
};
