// A small server of the fediverse made with Fedify: one person, alice, who follows and reads.
// Arguments: the port. Ends when its standard input closes.
import { createFederation, generateCryptoKeyPair, MemoryKvStore } from "@fedify/fedify";
import { Accept, Create, Delete, Endpoints, Follow, Like, Note, Person, Undo, Update } from "@fedify/vocab";
import { serve } from "@hono/node-server";

const port = Number(process.argv[2]);
const origin = new URL(`http://127.0.0.1:${port}`);
const firstKnock = process.argv[3] || "rfc9421";
const pairs = [await generateCryptoKeyPair("RSASSA-PKCS1-v1_5")];
const got = [];

const federation = createFederation({
  kv: new MemoryKvStore(),
  allowPrivateAddress: true,
  firstKnock: firstKnock === "rfc9421" ? "rfc9421" : "draft-cavage-http-signatures-12",
});
federation
  .setActorDispatcher("/users/{identifier}", async (context, identifier) => {
    if (identifier !== "alice") return null;
    const keys = await context.getActorKeyPairs(identifier);
    return new Person({
      id: context.getActorUri(identifier),
      preferredUsername: identifier,
      inbox: context.getInboxUri(identifier),
      endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
      publicKey: keys[0].cryptographicKey,
      assertionMethods: keys.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher(() => pairs);

const note = async (context, activity) => {
  const object = await activity.getObject(context).catch(() => null);
  got.push({
    type: activity.constructor.name,
    id: activity.id?.href,
    actor: activity.actorId?.href,
    object: object?.id?.href ?? activity.objectId?.href,
    objectType: object?.constructor.name,
    content: object?.content?.toString(),
    name: object?.name?.toString(),
  });
};
const listeners = federation.setInboxListeners("/users/{identifier}/inbox", "/inbox");
for (const kind of [Accept, Create, Update, Delete]) listeners.on(kind, note);

const does = {
  "/do/actor": async (context, { actor }) => {
    const found = await context.lookupObject(actor);
    return { type: found?.constructor.name, name: found?.name?.toString(), inbox: found?.inboxId?.href };
  },
  "/do/follow": async (context, { actor }) => send(context, actor, (id) => new Follow({ ...id, object: new URL(actor) })),
  "/do/undo": async (context, { actor }) =>
    send(context, actor, (id) => {
      const follow = new Follow({ actor: context.getActorUri("alice"), object: new URL(actor) });
      return new Undo({ ...id, object: follow });
    }),
  "/do/like": async (context, { actor, object }) =>
    send(context, actor, (id) => new Like({ ...id, object: new URL(object) })),
  "/do/reply": async (context, { actor, object, text }) =>
    send(context, actor, (id) => {
      const answer = new Note({
        id: new URL(`/notes/${crypto.randomUUID()}`, origin),
        attribution: context.getActorUri("alice"),
        replyTarget: new URL(object),
        content: text,
      });
      return new Create({ ...id, object: answer });
    }),
};

const send = async (context, actor, make) => {
  const recipient = await context.lookupObject(actor);
  const id = { id: new URL(`/activities/${crypto.randomUUID()}`, origin), actor: context.getActorUri("alice") };
  try {
    await context.sendActivity({ identifier: "alice" }, recipient, make(id));
    return { status: "taken" };
  } catch (error) {
    return { status: "refused", says: String(error) };
  }
};

const answer = async (request) => {
  const path = new URL(request.url).pathname;
  if (path === "/got") return Response.json(got);
  if (path in does) {
    const context = federation.createContext(origin, undefined);
    return Response.json(await does[path](context, await request.json()));
  }
  return await federation.fetch(request, { contextData: undefined });
};

serve({ fetch: answer, port, hostname: "127.0.0.1" });
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
