// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Identity } from "../../../src/access/identity.ts";
import { hasCsrfToken, type Session, Sessions } from "../../../src/access/sessions/sessions.ts";
import { digestOf } from "../../../src/access/token.ts";
import { propertyRuns } from "../../properties.ts";
import { momentAt } from "../tokens.ts";

const LIMITS = { idleMs: 100, maxMs: 1000 };

function identity(user: string, more: Partial<Identity> = {}): Identity {
  return { id: `token of ${user}`, user, role: "viewer", ...more };
}

function sessions(isAccepted = (_: Identity) => true) {
  const found = new Sessions(isAccepted, LIMITS);
  let opened = 0;
  const open = (holder = identity("alice"), ms = 0) => {
    const secrets = { secret: digestOf(`secret ${opened}`), csrf: digestOf(`csrf ${opened++}`) };
    return found.open(holder, undefined, secrets, momentAt(ms));
  };
  const isOpen = (secret: string, ms = 0) => found.use(secret, momentAt(ms)) !== undefined;
  return { found, open, isOpen };
}

test("a session identifies the holder of the token, and names itself", () => {
  const { found, open } = sessions();
  const { session, secret } = open(identity("alice", { project: "blue" }));
  expect(found.use(secret, momentAt(1))?.identity).toBe(session.identity);
  expect(session.identity).toEqual({
    ...identity("alice", { project: "blue" }),
    session: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  expect(JSON.stringify(session.identity)).not.toContain(secret);
  for (const wrong of ["", `${secret}A`, secret.slice(1), session.identity.session ?? ""])
    expect(found.use(wrong, momentAt(1))).toBeUndefined();
});

test("a session lasts while it is used, but not beyond its end and that of the token", () => {
  const property = fc.property(
    fc.record({
      gaps: fc.array(fc.integer({ min: 0, max: 130 }), { maxLength: 20 }),
      expiresAtMs: fc.option(fc.integer({ min: 1, max: 1500 }), { nil: undefined }),
      clockStepMs: fc.integer({ min: -5000, max: 0 }),
    }),
    ({ gaps, expiresAtMs, clockStepMs }) => {
      const { found, open } = sessions();
      const { secret } = open(identity("alice", expiresAtMs === undefined ? {} : { expiresAtMs }));
      let [steadyMs, hasEnded] = [0, false];
      for (const gap of gaps) {
        steadyMs += gap;
        // The wall clock is set back: only the token, which names a time, lasts longer by it.
        const now = { steadyMs, wallMs: steadyMs + clockStepMs };
        const isOver = steadyMs >= LIMITS.maxMs || now.wallMs >= (expiresAtMs ?? Infinity);
        hasEnded ||= gap >= LIMITS.idleMs || isOver;
        expect(found.use(secret, now) === undefined).toBe(hasEnded);
      }
    },
  );
  fc.assert(property, { numRuns: propertyRuns(300) });
});

test("a session that is only looked at is not used", () => {
  const { found, open, isOpen } = sessions();
  const { session, secret } = open();
  expect(found.of(session.identity, momentAt(99))).toBe(session);
  expect(isOpen(secret, 100)).toBe(false);
  expect(found.of(session.identity, momentAt(99))).toBeUndefined();
  expect(found.of(identity("alice"), momentAt(0))).toBeUndefined();
});

test("its ends are those of the session, or of the token", () => {
  const { found, open } = sessions();
  const at = { wallMs: 5000, steadyMs: 10 };
  expect(found.endsOf(open().session, at)).toEqual({ endsAtMs: 5990, idleUntilMs: 5090 });
  const short = open(identity("bob", { expiresAtMs: 5050 })).session;
  expect(found.endsOf(short, at)).toEqual({ endsAtMs: 5050, idleUntilMs: 5050 });
});

test("a session ends with the acceptance of its token, for good", () => {
  let isAccepted = true;
  const { open, isOpen } = sessions(() => isAccepted);
  const { secret } = open();
  expect(isOpen(secret)).toBe(true);
  isAccepted = false;
  expect(isOpen(secret)).toBe(false);
  isAccepted = true;
  expect(isOpen(secret)).toBe(false);
});

test("a session that is ended is no longer there, and others are", () => {
  const { found, open, isOpen } = sessions();
  const [one, other] = [open(), open()];
  found.end(one.session);
  expect([one, other].map(({ secret }) => isOpen(secret))).toEqual([false, true]);
});

test("of too many sessions of a user the one unused for longest ends, and no one else's", () => {
  const { open, isOpen } = sessions();
  const bob = open(identity("bob"));
  const own = Array.from({ length: 20 }, () => open());
  expect(isOpen(own[0]?.secret ?? "")).toBe(true);
  open();
  expect(own.map(({ secret }) => isOpen(secret))).toEqual(own.map((_, index) => index !== 1));
  expect(isOpen(bob.secret)).toBe(true);
});

test("of too many sessions in all the one unused for longest ends", () => {
  const { found, open, isOpen } = sessions();
  const first = open(identity("first"));
  const second = open(identity("second"));
  for (let n = 0; n < 4998; n++) open(identity(`user ${n}`));
  expect(isOpen(first.secret)).toBe(true);
  open(identity("last"));
  expect([found.size, isOpen(first.secret), isOpen(second.secret)]).toEqual([5000, true, false]);
});

test("only the token of the very session proves where a request comes from", () => {
  const { open } = sessions();
  const [{ session }, other] = [open(), open()];
  expect(hasCsrfToken(session, session.csrfToken)).toBe(true);
  for (const wrong of [undefined, "", `${session.csrfToken}=`, other.session.csrfToken])
    expect(hasCsrfToken(session, wrong)).toBe(false);
  expect(session.csrfToken).not.toBe(other.session.csrfToken);
  expect((session as Session).csrfToken).toMatch(/^[\w-]{43}$/);
});
