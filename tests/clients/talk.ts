// An integrator's program on the types that openapi-typescript makes of our document: compiled, then run by Node.
// It takes the server's address and an access token, and prints what it got as JSON.

import type { components, operations, paths } from "./schema.ts";

declare const process: { argv: string[] };

type Body<Name extends "createConversation" | "addMessages"> =
  operations[Name]["requestBody"]["content"]["application/json"];
type Reply<Name extends keyof operations> = operations[Name]["responses"] extends {
  200: { content: { "application/json": infer Content } };
}
  ? Content
  : never;
type Failure = components["schemas"]["Failure"];

const [, , url, token] = process.argv;

async function call(method: string, path: string, body?: unknown): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  return fetch(url + path, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
}

const john: components["schemas"]["UserValue"] = { email: "john@dow.com", name: "John" };
const create: keyof paths = "/chat/conversations";
const opening: Body<"createConversation"> = { author: john, sentiment: "question", message: "First" };
const made = (await (await call("POST", create, opening)).json()) as Reply<"createConversation">;
const place: number | null = made.data.queuePositionInfo.waitTime;
const status: "client" | "team" = made.data.author.status;

const second: Body<"addMessages"> = [{ author: john, message: "Second", creationTime: null }];
const said = (await (await call("POST", `${create}/${made.data.id}/messages`, second)).json()) as Reply<"addMessages">;
const unknown = await call("GET", `${create}/${made.data.id + 1}`);
const refused = (await unknown.json()) as Failure;

console.log(JSON.stringify({ made: made.data, place, status, said: said.data, refused }));
