import { projectOf, type Project } from '../../bgp/peer.ts';
import { createClock } from '../../report/clock.ts';
import { counted, listed } from '../../report/printable.ts';
import { durationText } from '../../report/clock.ts';
import { sum } from '../../report/answer.ts';
import { familyText } from '../../report/phrases.ts';
import type { SubjectFacts } from './facts.ts';

/** `North Korea`, `Iran over IPv6`. */
export function nameOf({ subject }: Pick<SubjectFacts, 'subject'>): string {
  const { about, family } = subject;
  return family === 'ipv4' ? about.name : `${about.name} over ${familyText(family)}`;
}

/** The clock of the territory. */
export function clockOf({ subject }: Pick<SubjectFacts, 'subject'>): ReturnType<typeof createClock> {
  return createClock(subject.about.timeZone);
}

/** Whether the recordings are a reconstruction, which the collectors' names show. */
export function isReconstructed({ collectors }: Pick<SubjectFacts, 'collectors'>): boolean {
  return collectors.some((name) => name.startsWith('reconstructed'));
}

/** The caption that each picture must have: source of the data, number of voters, time zone, and what was not seen. */
export function captionsOf(facts: SubjectFacts): readonly string[] {
  const { place } = clockOf(facts);
  const { stretches, voters, collectors } = facts;
  const unknown = stretches.filter(({ verdict }) => verdict === 'unknown');
  const off = stretches.filter(({ verdict }) => verdict === 'off');
  return [
    ...(isReconstructed(facts)
      ? [
          'Reconstructed with real BGP daemons: from published times, and from assumed ones where none is published. This is not archive data.',
        ]
      : []),
    `Time in UTC${place === undefined ? '' : `, below it as in ${place}`}. ${sourceText(collectors)} ${counted(voters, 'witness', 'witnesses')} at most: networks whose whole routing table is known.`,
    unknown.length + off.length === 0
      ? 'There is no time in which nothing could be seen.'
      : `Grey: ${[
          ...(unknown.length > 0 ? [`${durationText(sum(unknown))} in which too few witnesses sent data`] : []),
          ...(off.length > 0 ? [`${durationText(sum(off))} in which nothing was recorded`] : []),
        ].join(', ')}. It is not an outage.`,
    `Each step is a ${facts.timeline.resolution}; what was lost within it shows at its lowest.`,
    'These are routes, not users and not causes. Made with unroutable.',
  ];
}

/** `Received at rrc00 (RIPE RIS) and route-views.sg (Route Views).` */
function sourceText(collectors: readonly string[]): string {
  if (collectors.length === 0) return 'Which collectors received it is no longer recorded.';
  return `Received at ${listed(collectors.map((name) => `${name}${projectText(name)}`))}.`;
}

function projectText(collector: string): string {
  const project = projectOf(collector);
  return project === undefined ? '' : ` (${PROJECTS[project]})`;
}

const PROJECTS: Readonly<Record<Project, string>> = { ris: 'RIPE RIS', routeviews: 'Route Views' };
