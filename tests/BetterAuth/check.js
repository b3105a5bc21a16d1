// Signs people up, in and out over HTTP and looks at the rows, once as the owner and once as a login of service_role.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import pg from "pg";
import { Browser } from "./browser.js";
import { startServer } from "./server.js";

const ownerUrl = process.env.DATABASE_URL;
if (!ownerUrl) {
  console.error("Set DATABASE_URL to the postgresql:// URI of a migrated database, as its owner.");
  process.exit(2);
}

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
const owner = new pg.Client({ connectionString: ownerUrl });
let passed = 0;
let failed = 0;

await owner.connect();
const { rows: [{ server_version }] } = await owner.query("SHOW server_version");
console.log(`better-auth ${versionOf("better-auth")}, pg ${versionOf("pg")}, Node ${process.versions.node}, PostgreSQL ${server_version}`);

await checkAs("owner", ownerUrl);
await withServiceLogin(async (serviceUrl) => checkAs("login in service_role", serviceUrl));
await owner.end();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** A login with service_role's rights and no others: not an owner, no BYPASSRLS. */
async function withServiceLogin(work) {
  const login = `service_login_${randomBytes(4).toString("hex")}`;
  const password = randomBytes(16).toString("hex");
  await owner.query(`CREATE ROLE ${login} LOGIN INHERIT NOBYPASSRLS PASSWORD '${password}' IN ROLE service_role`);
  try {
    const url = new URL(ownerUrl);
    url.username = login;
    url.password = password;
    await work(url.href);
  } finally {
    await owner.query(`DROP ROLE ${login}`);
  }
}

async function checkAs(who, databaseUrl) {
  const server = await startServer(databaseUrl);
  const domain = `${randomBytes(4).toString("hex")}.example`;
  const people = [];

  const newBrowser = () => new Browser(server.url);
  const emailOf = (name) => `${name}@${domain}`;
  const user = async (email) => (await owner.query("SELECT * FROM users WHERE email = $1", [email])).rows[0];
  const countOf = async (table, userId) =>
    Number((await owner.query(`SELECT count(*) FROM ${table} WHERE "userId" = $1`, [userId])).rows[0].count);
  const lastMail = (kind, to) => server.mails.findLast((mail) => mail.kind === kind && mail.to === to)?.token;
  const signUp = async (name, more = {}) => {
    const browser = newBrowser();
    const email = emailOf(name);
    people.push(email);
    await browser.do("/sign-up/email", { email, password: `first-${name}`, name: `Full ${name}`, ...more });
    return { browser, email, row: await user(email) };
  };
  const isRefused = async (promise, ...statuses) => {
    const { status, body } = await promise;
    assert.ok(statuses.includes(status), `expected ${statuses.join(" or ")}, got ${status}: ${JSON.stringify(body)}`);
  };

  const checks = {
    "Better Auth finds no table and no column missing": async () => assert.deepEqual(await server.missing(), []),

    "signing up makes a member with a password and keeps the name that was given alone": async () => {
      const { row, browser } = await signUp("alone");
      assert.equal(row.name, "Full alone");
      assert.equal(row.role, "member");
      assert.equal(row.language, "en");
      assert.equal(row.emailVerified, false);
      const { rows } = await owner.query('SELECT * FROM account WHERE "userId" = $1', [row.id]);
      assert.equal(rows.length, 1);
      assert.equal(rows[0].providerId, "credential");
      assert.ok(rows[0].password.length > 40 && !rows[0].password.includes("first-alone"));
      assert.equal((await browser.session()).user.id, row.id);
    },

    "first and last name given at sign-up make the name": async () => {
      const { row } = await signUp("both", { firstName: "Ada", lastName: "Lovelace", country: "GB", timezone: "Europe/London", language: "fr" });
      assert.equal(row.name, "Ada Lovelace");
      assert.deepEqual([row.country, row.timezone, row.language], ["GB", "Europe/London", "fr"]);
    },

    "an address can be signed up once": async () => {
      const { email, row } = await signUp("once");
      await newBrowser().post("/sign-up/email", { email, password: "another-password", name: "Other" });
      const { rows } = await owner.query("SELECT id, name FROM users WHERE email = $1", [email]);
      assert.deepEqual(rows, [{ id: row.id, name: "Full once" }]);
      await isRefused(newBrowser().post("/sign-in/email", { email, password: "another-password" }), 401);
    },

    "a client that asks for a role at sign-up stays a member": async () => {
      const email = emailOf("climber");
      people.push(email);
      await newBrowser().post("/sign-up/email", { email, password: "first-climber", name: "Climber", role: "superadmin" });
      assert.equal((await user(email))?.role ?? "member", "member");
    },

    "a client that calls its address verified at sign-up is not believed": async () => {
      const email = emailOf("verified");
      people.push(email);
      await newBrowser().post("/sign-up/email", { email, password: "first-verified", name: "Verified", emailVerified: true });
      assert.equal((await user(email))?.emailVerified ?? false, false);
    },

    "a client that asks for a role later stays a member": async () => {
      const { browser, email } = await signUp("later");
      await browser.post("/update-user", { name: "Later", role: "superadmin", emailVerified: true });
      const row = await user(email);
      assert.deepEqual([row.role, row.emailVerified], ["member", false]);
    },

    "signing in opens a session, a wrong password none": async () => {
      const { email, row } = await signUp("doors");
      const browser = newBrowser();
      await isRefused(browser.post("/sign-in/email", { email, password: "wrong-password" }), 401);
      assert.equal(await browser.session(), null);
      assert.equal(await countOf("session", row.id), 1);
      await browser.do("/sign-in/email", { email, password: "first-doors" });
      assert.equal((await browser.session()).user.email, email);
      assert.equal(await countOf("session", row.id), 2);
    },

    "sessions are listed, revoked and signed out of": async () => {
      const { browser, email, row } = await signUp("sessions");
      const other = newBrowser();
      await other.do("/sign-in/email", { email, password: "first-sessions" });
      const { body: sessions } = await browser.get("/list-sessions");
      assert.equal(sessions.length, 2);
      const { session } = await other.session();
      await browser.do("/revoke-session", { token: session.token });
      assert.equal(await other.session(), null);
      await browser.do("/sign-out");
      assert.equal(await browser.session(), null);
      assert.equal(await countOf("session", row.id), 0);
    },

    "a profile is edited, and the row's time moves": async () => {
      const { browser, email, row: before } = await signUp("profile");
      await browser.do("/update-user", { name: "Written Alone", image: "https://example.test/me.png" });
      const named = await user(email);
      assert.deepEqual([named.name, named.image], ["Written Alone", "https://example.test/me.png"]);
      assert.ok(named.updatedAt > before.updatedAt);
      assert.deepEqual(named.createdAt, before.createdAt);
      await browser.do("/update-user", { firstName: "Grace", lastName: "Hopper" });
      const renamed = await user(email);
      assert.equal(renamed.name, "Grace Hopper");
      assert.ok(renamed.updatedAt > named.updatedAt);
      assert.equal((await browser.session()).user.firstName, "Grace");
    },

    "a password is changed and the other sessions end": async () => {
      const { browser, email } = await signUp("password");
      const other = newBrowser();
      await other.do("/sign-in/email", { email, password: "first-password" });
      await isRefused(browser.post("/change-password", { currentPassword: "not-it-at-all", newPassword: "second-password" }), 400);
      await browser.do("/change-password", { currentPassword: "first-password", newPassword: "second-password", revokeOtherSessions: true });
      assert.equal(await other.session(), null);
      await isRefused(newBrowser().post("/sign-in/email", { email, password: "first-password" }), 401);
      await newBrowser().do("/sign-in/email", { email, password: "second-password" });
    },

    "a forgotten password is reset by the token, once": async () => {
      const { email, row } = await signUp("forgot");
      const browser = newBrowser();
      await browser.do("/request-password-reset", { email, redirectTo: "/reset" });
      const token = lastMail("reset", email);
      assert.ok(token);
      const pending = 'SELECT count(*)::int AS n FROM verification WHERE value = $1';
      assert.equal((await owner.query(pending, [row.id])).rows[0].n, 1);
      await isRefused(browser.post("/reset-password", { newPassword: "third-password", token: "guessed" }), 400);
      await browser.do("/reset-password", { newPassword: "third-password", token });
      await isRefused(browser.post("/reset-password", { newPassword: "fourth-password", token }), 400);
      assert.equal((await owner.query(pending, [row.id])).rows[0].n, 0);
      await browser.do("/sign-in/email", { email, password: "third-password" });
    },

    "an address is verified by the link": async () => {
      const { browser, email } = await signUp("verify");
      await browser.do("/send-verification-email", { email });
      const { status } = await browser.get(`/verify-email?token=${lastMail("verify", email)}`);
      assert.equal(status, 200);
      assert.equal((await user(email)).emailVerified, true);
    },

    "an address is changed once the new one is proven": async () => {
      const { browser, email, row } = await signUp("move");
      const newEmail = emailOf("moved");
      people.push(newEmail);
      await browser.do("/change-email", { newEmail });
      assert.equal((await user(email))?.id, row.id, "nothing changes before the proof");
      await browser.get(`/verify-email?token=${lastMail("verify", newEmail)}`);
      assert.equal((await user(newEmail))?.id, row.id);
      assert.equal((await browser.session()).user.email, newEmail);
    },

    "deleting a user takes sessions, accounts, values, keys and calls along": async () => {
      const { browser, email, row } = await signUp("leaver");
      await owner.query(`INSERT INTO users_metas ("userId", "metaKey") VALUES ($1, 'theme')`, [row.id]);
      await owner.query(
        `WITH key AS (
           INSERT INTO api_key ("keyHash", "keyPrefix", name, "userId") VALUES ($1, 'prefix', 'key', $2) RETURNING id
         )
         INSERT INTO api_audit_log ("apiKeyId", "userId", endpoint, method, "statusCode") SELECT id, $2, '/', 'GET', 200 FROM key`,
        [randomBytes(32).toString("hex"), row.id],
      );
      await browser.do("/delete-user", { password: "first-leaver" });
      assert.equal(await user(email), undefined);
      for (const table of ["session", "account", "users_metas", "api_key", "api_audit_log"])
        assert.equal(await countOf(table, row.id), 0, table);
    },

    "people at once do not get in each other's way": async () => {
      const names = ["one", "two", "three", "four", "five", "six"];
      const signedUp = await Promise.all(names.map((name) => signUp(`at-once-${name}`)));
      const sessions = await Promise.all(signedUp.map(({ browser }) => browser.session()));
      assert.deepEqual(sessions.map((session) => session.user.email), signedUp.map(({ email }) => email));
      await Promise.all(signedUp.map(({ browser }, i) => browser.do("/update-user", { name: names[i] })));
      for (const [i, { email }] of signedUp.entries()) assert.equal((await user(email)).name, names[i]);
      const [first, second] = signedUp;
      const { session } = await second.browser.session();
      await first.browser.post("/revoke-session", { token: session.token });
      assert.ok(await second.browser.session(), "nobody ends somebody else's session");
    },
  };

  try {
    for (const [name, check] of Object.entries(checks)) {
      server.errors.length = 0;
      try {
        await check();
        passed++;
        console.log(`ok    ${who}: ${name}`);
      } catch (error) {
        failed++;
        console.log(`FAIL  ${who}: ${name}\n${error.stack}`);
        for (const line of server.errors) console.log(`      server: ${line}`);
      }
    }
  } finally {
    await server.stop();
    await owner.query("DELETE FROM users WHERE email = ANY ($1)", [people]);
  }
}
