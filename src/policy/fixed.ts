/**
 * Thresholds that are not settings: they are part of how a verdict is made. A change would also change the events of
 * the past, so each has its reason here. docs/policy.md lists them all. Names that end in `_MS` are milliseconds of
 * event time, unless the comment names another clock; all others are shares of 1 or factors.
 */
import { DAY_MS, HOUR_MS } from '../bgp/time.ts';
import { RIS_HOLD_MS } from '../bgp/peer.ts';

/**
 * For this long after the first sample, voters that join are part of the first baseline: the dumps of other collectors
 * still come, and a peer has its hold time (180 s in RIS) to appear in the feed.
 */
export const BASELINE_GROWS_MS = RIS_HOLD_MS;

/**
 * A level that lasts less than this between two times at another level is ignored: routes that move cause it, so it is
 * not a drop.
 */
export const FLICKER_MS = 1_000;

/**
 * Visibility changes in one direction that are at most this far apart are one movement. `since` of a verdict is the
 * start of the movement that crossed the threshold. Path hunting ends within 30 s, so the steps of one withdrawal are
 * closer than this.
 */
export const MOVEMENT_CHAIN_MS = 60_000;

/**
 * Whether an onset is a cliff or a slope is decided by the time at which this share of the loss had come: the last routes
 * are often stuck.
 */
export const ONSET_SHARE = 0.9;

/**
 * Peers that still have a route when this share of the visibility is left, or less, are listed as stuck. While more is
 * left, a peer that has a route is nothing unusual.
 */
export const STUCK_AT = 0.25;

/**
 * An open incident is reported as worse (`below-half`) when visibility falls to this share of what it was before the
 * loss began.
 */
export const DEEPER_AT = 0.5;

/** An open incident is reported as worse (`near-unroutable`) when visibility is below `unroutableBelow` times this. */
export const NEAR_UNROUTABLE_FACTOR = 2;

/** A network belongs to the control group after it was visible this long. */
export const CONTROL_JOIN_MS = 60_000;

/**
 * A session that came up, sent no End-of-RIB and no route of the territories may vote after `--resync` times this:
 * its table may still be on its way, and a route that is missing in half a table proves nothing.
 */
export const SLOW_TABLE_FACTOR = 3;

/**
 * A network leaves the control group after it was not visible for this long: an anchor that was taken out of service
 * says nothing about our own view.
 */
export const CONTROL_LEAVE_MS = HOUR_MS;

/**
 * Visibility changes are stored as evidence for this long, as far as there is room (docs/limits.md). A movement can be
 * traced back as long as its messages are within a minute of each other, and a slow one takes hours.
 */
export const EVIDENCE_MS = 6 * HOUR_MS;

/**
 * A route that a peer changed less than this long before its RIB dump began may be missing in the dump: collectors
 * write updates while they dump. The dump then does not replace it. BGPView uses this value.
 */
export const DUMP_BACKLOG_MS = 60_000;

/**
 * Where no table is so large that it may be a full one of its year, the usual table is measured at this share of the
 * peer ASes, those with the largest tables. So one table that is far larger than all others does not decide.
 */
export const LARGEST_TABLES_SHARE = 0.1;

/**
 * With this many tables that may be full, or more, the usual one is never the largest: the largest may be far larger
 * than all others.
 */
export const FEW_TABLES = 3;

/** The usual full table changes only when its size changes by more than this share: tables of one day differ by less. */
export const SAME_SIZE_SHARE = 0.02;

/**
 * When the largest table known is smaller than this share of the usual table of the year (after Geoff Huston's
 * reports), possibly no peer is full-feed. Collectors and their peers differ by far less.
 */
export const SMALLEST_FULL_TABLE_SHARE = 0.5;

/**
 * A peer on probation must have routes to this share of the networks of the baseline before it may vote. A filtered
 * table with half of a country is not evidence about the country.
 */
export const PROBATION_SHARE = 0.9;

/** Before there is a baseline, a network is expected of a peer on probation when this share of the peers has it. */
export const COMMON_SHARE = 0.5;

/**
 * A live message that is this much later than the fastest ones proves nothing about the present, and the feed counts as
 * stale. Milliseconds of monotonic time. bgpipe uses this value.
 */
export const STALE_FEED_MS = 180_000;

/**
 * A beacon that changes every ten minutes and was not received for this long is missing: the feed does not send
 * everything. Milliseconds of monotonic time.
 */
export const BEACON_SILENCE_MS = 25 * 60_000;

/**
 * A live connection without a fresh message for this long is lost: each of its collectors has a gap, and it is opened
 * again. It carries the KEEPALIVEs of all their sessions; and with `--blind-hold`, blindness is reported within a
 * minute. Milliseconds of monotonic time.
 */
export const SILENT_FEED_MS = 45_000;

/**
 * A collector without a fresh message for this long has a gap, while others still send: even a quiet session sends a
 * KEEPALIVE in each third of its hold time (180 s in RIS). Milliseconds of monotonic time.
 */
export const SILENT_COLLECTOR_MS = 60_000;

/** The clock of a collector may be this far ahead of the live feed. A message further ahead is not used. */
export const AHEAD_MS = 10_000;

/**
 * A message in time, this long after one that was ahead, proves that not the whole feed is ahead: only the peer of the
 * message that was ahead has a gap. Milliseconds of monotonic time.
 */
export const AHEAD_PROOF_MS = 2_000;

/**
 * Without a message in time, that peer has its gap after this long: by then, a whole feed that is ahead has been found.
 * Milliseconds of monotonic time.
 */
export const AHEAD_DOUBT_MS = 15_000;

/**
 * A live feed that is ahead as a whole for this long, by three messages or more that agree, has no reliable time: each
 * of its collectors has a gap. Milliseconds of monotonic time.
 */
export const LEAP_DOUBT_MS = 5_000;

/**
 * After this long, the time of such a feed is used: it is ours that was wrong, as after a machine was suspended.
 * Milliseconds of monotonic time.
 */
export const LEAP_BELIEF_MS = 30_000;

/** A message that is older than this when it comes is dropped: RIS Live passes on updates of days or weeks ago. */
export const ABSURD_AGE_MS = DAY_MS;

/** A looking glass is believed when at least this share of its full-feed peers shows a route to a control prefix. */
export const LOOKING_GLASS_ALIVE_SHARE = 0.5;

/** With more unknown peers than this share, the list of peers that a looking glass is compared with is out of date. */
export const LOOKING_GLASS_STRANGERS_SHARE = 0.1;

/**
 * One peer may leak a prefix that is never announced. When more than this share shows one, the looking glass is not
 * believed.
 */
export const LOOKING_GLASS_INVENTED_SHARE = 0.1;

/**
 * A RIB dump with fewer records than this share of the one before it was cut short, so what it lacks proves nothing. A
 * table does not shrink this much within a day.
 */
export const SHORT_DUMP_SHARE = 0.8;

/** A RIB dump older than this is not compared with: after that long, a smaller table may be real. */
export const COMPARED_DUMP_MS = 2 * DAY_MS;

/**
 * A collector that never pauses is silent between two files of updates for longer than this only if a file is missing.
 */
export const SILENCE_MS = 120_000;

/**
 * The same for a collector that pauses: it is silent for longer than this many times the longest pause within its files
 * only if a file is missing. Quiet collectors pause for minutes.
 */
export const SILENCE_FACTOR = 10;

/** Pauses are known after this many spans of ten seconds with records: a burst of a few proves nothing. */
export const SILENCE_TICKS = 12;

/** A RIB dump with fewer records than this is not compared with: small tables grow and shrink by large shares. */
export const COMPARED_DUMP_RECORDS = 1_000;
