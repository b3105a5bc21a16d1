// The old application's sign-in service: Better Auth with its table names and its further fields of a user, behind HTTP.
import { createServer } from "node:http";
import { once } from "node:events";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import pg from "pg";

const text = (more = {}) => ({ type: "string", required: false, ...more });

/**
 * Starts a server that talks to the database as `databaseUrl` says.
 * E-mails are not sent but kept in `mails`, so that whoever plays the user can follow their links.
 */
export async function startServer(databaseUrl) {
  const http = createServer((request, response) => handler(request, response));
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const url = `http://127.0.0.1:${http.address().port}`;

  const mails = [];
  const errors = [];
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  const options = {
    baseURL: url,
    secret: "only-for-this-check-0123456789abcdef",
    database: pool,
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    logger: { level: "error", log: (_level, message, ...details) => errors.push([message, ...details].join(" ")) },
    user: {
      modelName: "users",
      additionalFields: {
        firstName: text(),
        lastName: text(),
        country: text(),
        timezone: text(),
        language: text({ defaultValue: "en" }),
        role: text({ defaultValue: "member", input: false }),
      },
      changeEmail: { enabled: true },
      deleteUser: { enabled: true },
    },
    session: { modelName: "session" },
    account: { modelName: "account" },
    verification: { modelName: "verification" },
    emailAndPassword: {
      enabled: true,
      sendResetPassword: async ({ user, token }) => void mails.push({ kind: "reset", to: user.email, token }),
    },
    emailVerification: {
      sendVerificationEmail: async ({ user, token }) => void mails.push({ kind: "verify", to: user.email, token }),
    },
  };
  const auth = betterAuth(options);
  const handler = toNodeHandler(auth);

  return {
    url,
    mails,
    errors,
    /** What Better Auth itself would still change about the database: tables to create, columns to add. */
    async missing() {
      const { toBeCreated, toBeAdded } = await getMigrations(options);
      return [...toBeCreated, ...toBeAdded].map(({ table, fields }) => `${table}: ${Object.keys(fields).join(", ")}`);
    },
    async stop() {
      http.close();
      http.closeAllConnections();
      await once(http, "close");
      await pool.end();
    },
  };
}
