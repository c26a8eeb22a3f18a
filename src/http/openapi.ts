import { z } from 'zod';
import { answers } from './answers.ts';
import { questions } from './questions.ts';

/** One path of the API: its parameters and its answer. */
interface Route {
  readonly path: string;
  readonly summary: string;
  readonly question: keyof typeof questions;
  readonly answer: keyof typeof answers;
  readonly id?: true;
}

/** The routes of the API, as the OpenAPI document lists them. */
export const ROUTES = [
  {
    path: '/api/v1/territories',
    summary: 'The territories with a recorded history',
    question: 'none',
    answer: 'territories',
  },
  {
    path: '/api/v1/verdict',
    summary: 'The verdicts recorded last, each in one sentence',
    question: 'view',
    answer: 'verdict',
  },
  { path: '/api/v1/incidents', summary: 'Incidents, newest first', question: 'incidents', answer: 'incidents' },
  { path: '/api/v1/incidents/{id}', summary: 'One incident', question: 'none', answer: 'incident', id: true },
  { path: '/api/v1/timeline', summary: 'Visibility over time', question: 'timeline', answer: 'timeline' },
  { path: '/api/v1/state', summary: 'What each peer saw at a moment', question: 'moment', answer: 'state' },
  { path: '/api/v1/peers', summary: 'What each peer saw over time', question: 'span', answer: 'peers' },
  { path: '/api/v1/units', summary: 'Each network now', question: 'view', answer: 'units' },
  {
    path: '/api/v1/reachability',
    summary: 'Whether services inside the territories answer, beside the routes',
    question: 'territory',
    answer: 'reachability',
  },
  {
    path: '/api/v1/events',
    summary: 'Events in the order in which they were stored',
    question: 'events',
    answer: 'events',
  },
  { path: '/api/v1/explain', summary: 'The messages behind a verdict', question: 'moment', answer: 'explain' },
  {
    path: '/api/v1/uptime',
    summary: 'Time under each verdict, by month or year',
    question: 'uptime',
    answer: 'uptime',
  },
] as const satisfies readonly Route[];

const REFUSALS = {
  400: response('The question is not understood', 'problem'),
  401: response('A token is needed', 'problem'),
  403: response('Another host’s page, or another name of this host', 'problem'),
  404: response('There is nothing of the kind', 'problem'),
  503: response('The store does not answer, or too many ask', 'problem'),
};

/** An address whose answer is not JSON of the API. */
interface OtherRoute {
  readonly path: string;
  readonly summary: string;
  readonly question: keyof typeof questions;
  readonly type: string;
}

/** The addresses beside the API, as the OpenAPI document lists them. */
export const OTHER_ROUTES = [
  {
    path: '/api/v1/events/stream',
    summary: 'Events as they are stored, and verdicts as they change: server-sent events, without end',
    question: 'stream',
    type: 'text/event-stream',
  },
  { path: '/badge.svg', summary: 'The verdict as a badge', question: 'view', type: 'image/svg+xml' },
  { path: '/feed.xml', summary: 'Incidents as an Atom feed', question: 'view', type: 'application/atom+xml' },
  { path: '/incidents.ics', summary: 'Incidents as a calendar', question: 'view', type: 'text/calendar' },
] as const satisfies readonly OtherRoute[];

/** The OpenAPI 3.1 document, generated from the schemas of parameters and answers. */
export function openapi(version: string, { hasMetrics }: { readonly hasMetrics: boolean }): unknown {
  const schemas = Object.fromEntries(
    Object.entries(answers).map(([name, schema]) => [name, z.toJSONSchema(schema, { target: 'draft-2020-12' })]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'unroutable',
      version,
      description: 'Whether a country is in the routing table of the Internet. Read-only.',
    },
    paths: {
      ...Object.fromEntries(ROUTES.map((route) => [route.path, { get: operationOf(route) }])),
      ...Object.fromEntries(OTHER_ROUTES.map((route) => [route.path, { get: otherOperation(route) }])),
      ...checks(),
      ...(hasMetrics && { '/metrics': { get: metricsOperation() } }),
    },
    components: {
      schemas,
    },
  };
}

function operationOf({ summary, question, answer, ...rest }: Route): unknown {
  const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };
  const query = queryOf(question);
  return {
    summary,
    parameters: rest.id === true ? [id, ...query] : query,
    responses: { 200: response('The answer', answer), ...REFUSALS },
  };
}

function otherOperation({ summary, question, type }: OtherRoute): unknown {
  const answer = { description: 'The answer', content: { [type]: { schema: { type: 'string' } } } };
  return { summary, parameters: queryOf(question), responses: { 200: answer, ...REFUSALS } };
}

function queryOf(question: keyof typeof questions): readonly unknown[] {
  const { properties = {} } = z.toJSONSchema(questions[question], { io: 'input', target: 'draft-2020-12' });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

/** For health checks: they need no token. */
function checks(): Readonly<Record<string, unknown>> {
  const health = { summary: 'Whether the program answers', responses: { 200: response('It does', 'health') } };
  const ready = { 200: response('It is ready', 'readiness'), 503: response('It is not, and why', 'readiness') };
  return {
    '/healthz': { get: { ...health, parameters: [] } },
    '/readyz': {
      get: { summary: 'Whether verdicts are up to date, in words if not', parameters: [], responses: ready },
    },
  };
}

function metricsOperation(): unknown {
  const answer = { description: 'Metrics for Prometheus', content: { 'text/plain': { schema: { type: 'string' } } } };
  return { summary: 'Metrics', parameters: [], responses: { 200: answer, ...REFUSALS } };
}

function response(description: string, name: keyof typeof answers): unknown {
  return { description, content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } };
}
