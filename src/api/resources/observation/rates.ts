// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import {
  RateHistoryView,
  type RateSubject,
  type RatesService,
  RatesView,
} from "../../../contract/observation/rates.ts";
import { customIssue } from "../../../topology/index.ts";
import { type Api, type ApiContext, BASE } from "../../context.ts";
import { afterOf, cursorAfter, cursorParameter } from "../../http/paging.ts";
import { wholeNumber } from "../../http/parameters.ts";
import { ProblemException } from "../../http/problem.ts";
import { notFound } from "../../http/rejections.ts";
import { json, problems } from "../../http/responses.ts";

const LIST = "rates";
const URL = `${BASE}/rates`;
const tags = ["counters"];

/** Rows are short: ten thousand of them are a few hundred kilobytes. */
const MAX_LIMIT = 10_000;

const RatesQuery = z.strictObject({
  policy: z.string().exactOptional().meta({ description: "Only this policy, and no links." }),
  limit: wholeNumber(1, MAX_LIMIT)
    .default(1000)
    .meta({ description: "At most this many policies." }),
  cursor: cursorParameter,
});

const LINK = /^([0-9a-f]{16}):(\d{1,10})$/;

const HistoryQuery = z
  .strictObject({
    policy: z.string().exactOptional(),
    link: z
      .string()
      .regex(LINK, 'write the switch and the port that sends into the link: "0000000000000001:10"')
      .exactOptional()
      .meta({ description: "The switch and the port that sends into the link: `dpid:port`." }),
  })
  .superRefine(({ policy, link }, context) => {
    if ((policy === undefined) !== (link === undefined)) return;
    const what = "a history is of one policy or of one link";
    context.addIssue(customIssue(what, "write either `policy` or `link`", ["policy"]));
  });

/** `/rates` and `/rates/history`. */
export function rates(app: Api, { portOf }: ApiContext<RatesService>): void {
  app.get(
    URL,
    {
      schema: {
        tags,
        operationId: "getRates",
        summary: "Get how fast policies copy and how fast frames cross links",
        description:
          "The rates of the last sample, in the order of the policies' ids. The first page has the links, too. `/events?rates=1` streams the same every two seconds.",
        querystring: RatesQuery,
        response: { 200: json(RatesView, "The rates."), ...problems(400) },
      },
    },
    async (request) => {
      const { policy, limit, cursor } = request.query;
      const { rates, more } = await portOf(request).rates({
        limit,
        ...afterOf(LIST, cursor),
        ...(policy === undefined ? {} : { policy }),
      });
      const last = rates.policies.id.at(-1);
      return { ...rates, nextCursor: more && last !== undefined ? cursorAfter(LIST, last) : null };
    },
  );
  app.get(
    `${URL}/history`,
    {
      schema: {
        tags,
        operationId: "getRateHistory",
        summary: "Get the rates of a policy or of a link in the last ten minutes",
        querystring: HistoryQuery,
        response: {
          200: json(RateHistoryView, "The rates, sample by sample."),
          ...problems(400, 404),
        },
      },
    },
    (request) => {
      const subject = subjectOf(request.query);
      const found = portOf(request).rateHistory(subject);
      if (found) return found;
      const what =
        "policy" in subject ? `policy "${subject.policy}"` : `link ${request.query.link}`;
      throw new ProblemException(notFound(`there is no ${what}`));
    },
  );
}

function subjectOf({ policy, link = "" }: z.output<typeof HistoryQuery>): RateSubject {
  if (policy !== undefined) return { policy };
  const [, dpid = "", port] = LINK.exec(link) ?? [];
  return { link: { dpid, port: Number(port) } };
}
