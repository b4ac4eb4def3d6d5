// Paperbooks: a connector of Tradepost in another language. Its accounting system is a
// folder in which every document is one JSON file, named by its marker.
//
//   NATS_URL=nats://127.0.0.1:4222 CONNECTOR_BOOKS=books node paperbooks.mjs
//
// It listens to connector.describe.paperbooks and connector.call.paperbooks.*; what is
// said there is described in docs/connector.asyncapi.json. That a document is made
// exactly once rests on one call of the file system: link(2) makes a file that is
// whole, or refuses a name that is taken, whoever else tries at the same moment, and
// whenever this program is killed.
import { createHash, randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { connect, credsAuthenticator } from "nats";

const program = process.env.CONNECTOR_PROGRAM ?? "paperbooks";
const dir = process.env.CONNECTOR_BOOKS ?? "books";

const digest = (value) => createHash("sha256").update(JSON.stringify(value)).digest("hex");

// sync has the disk keep what is under the path.
function sync(name) {
  const file = fs.openSync(name, "r");
  try { fs.fsyncSync(file); } finally { fs.closeSync(file); }
}

// make writes a file that is there as a whole, or not at all. It answers false when the
// name is taken. write is asked right before the file gets its name.
function make(name, content, write = () => true) {
  const target = path.join(dir, name), draft = path.join(dir, `.${randomUUID()}`);
  try {
    fs.writeFileSync(draft, JSON.stringify(content, null, 2) + "\n", { flag: "wx" });
    sync(draft);
    if (!write()) return undefined;
    fs.linkSync(draft, target);
    sync(dir);
    return true;
  } catch (err) {
    if (err.code === "EEXIST") return false;
    throw err;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

// company is the id that the books got when they were made.
function company() {
  fs.mkdirSync(dir, { recursive: true });
  make("company.json", { id: randomUUID(), name: "Paper books" });
  return JSON.parse(fs.readFileSync(path.join(dir, "company.json")));
}

// shown is what the connector tells of a file. The seal tells whether somebody changed
// the document since it was written: then it is not our content any more.
function shown({ document: d, documentHash, seal }) {
  return {
    kind: d.kind, id: d.marker, marker: d.marker, number: d.number, issueDate: d.issueDate, total: d.totals.total,
    customerName: d.customer.name, version: digest(d), documentHash: digest(d) === seal ? documentHash : "",
  };
}

// find reads the documents of a marker: <marker>.json, and copies that a bookkeeper made
// (<marker>~2.json). A file that cannot be read is an error, never "nothing is there".
function find(marker) {
  if (!/^[a-z0-9-]+$/.test(marker)) throw new Error(`marker ${marker}: small letters, digits and hyphens only`);
  return fs.readdirSync(dir)
    .filter((name) => name.startsWith(`${marker}.`) || name.startsWith(`${marker}~`))
    .map((name) => shown(JSON.parse(fs.readFileSync(path.join(dir, name)))));
}

const cents = (amount) => {
  const [, sign, whole, part = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(amount);
  return BigInt(sign + whole + part.padEnd(2, "0"));
};

// faults are what these books have against a document.
function faults(d) {
  const list = [];
  if (d.currency !== "USD") list.push({ code: "currency.not_in_books", thing: "Currency", params: { currency: d.currency } });
  const sum = [...d.lines, ...(d.taxes ?? [])].reduce((all, part) => all + cents(part.amount), 0n) - cents(d.totals.discount || "0");
  if (sum !== cents(d.totals.total)) {
    list.push({ code: "paperbooks.sum", thing: "Total", message: `the lines and taxes do not add up to ${d.totals.total}`, fix: "Correct the lines in ServiceTrade." });
  }
  return list.map(told);
}

// Message, owner and fix have to be there, also where Tradepost's catalogue has words of its own.
const told = (f) => ({ message: f.code, fix: "See docs/faults.md.", owner: "FAULT_OWNER_BOOKKEEPER", ...f });
const rejected = (...list) => ({ rejected: { faults: list.map(told) } });
const wait = (reason, message) => ({ wait: { scope: "WAIT_SCOPE_INVOICE", reason, message } });

function create({ document, documentHash }, deadline) {
  const wrong = faults(document);
  if (wrong.length > 0) return rejected(...wrong);
  const { marker } = document;
  find(marker); // Refuses a marker that is no name of a file.
  const made = make(`${marker}.json`, { document, documentHash, seal: digest(document) }, () => Date.now() < deadline);
  if (made === undefined) return wait("fenced", "the call's time was over before the write");
  const [there] = find(marker).filter((d) => d.documentHash === documentHash);
  if (there) return { posted: { document: there, adopted: !made } };
  return rejected({ code: "paperbooks.taken", thing: marker, message: "the books have it with other content", fix: "Compare the two, and remove the wrong one." });
}

// list reads a part of what lists.json has of a kind: {"customer": [{"code": "C100", "name": "ACME"}]}.
function list({ kind, after }, most = 500) {
  const file = path.join(dir, "lists.json"), from = Number(after || 0);
  const all = (fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : {})[kind] ?? [];
  return { records: all.slice(from, from + most), next: from + most < all.length ? String(from + most) : "" };
}

function answer(call) {
  if (call.company) return { company: company() };
  if (call.check) return { faults: { faults: [] } };
  if (call.find) return { found: { documents: find(call.find.marker) } };
  if (call.preview) return { faults: { faults: faults(call.preview.document) } };
  if (call.list) return { list: list(call.list) };
  if (call.create) return create(call.create, Date.parse(call.deadline));
  return wait("unknown_operation", "this connector does not know that operation");
}

const describe = () => ({
  protocol: 1,
  version: "1.0.0",
  can: ["preview"],
  lists: ["customer", "item"],
  atomicMarker: true,
  settlingTime: "0s",
  now: new Date().toISOString(),
  lacks: {
    update: "a document on paper is not changed",
    void: "a document on paper is not made void",
    unique_numbers: "two files may carry the same number",
    known_accounts: "there is no chart of accounts",
    known_customers: "there is no list of customers",
  },
});

// listen answers every request. The queue group has each call answered by one of
// several copies of this program.
async function listen(nc, subject, reply) {
  for await (const msg of nc.subscribe(subject, { queue: program })) {
    try {
      msg.respond(JSON.stringify(reply(msg)));
    } catch (err) {
      // What was done before the error is not known any more: Tradepost looks.
      console.error(`${msg.subject}: ${err.stack}`);
      msg.respond(JSON.stringify({ uncertain: { reason: "program_error", message: String(err) } }));
    }
  }
}

company();
const creds = process.env.NATS_CREDS;
const nc = await connect({
  servers: process.env.NATS_URL ?? "nats://127.0.0.1:4222", name: program, maxReconnectAttempts: -1,
  ...(creds ? { authenticator: credsAuthenticator(fs.readFileSync(creds)) } : {}),
});
const ended = [
  listen(nc, `connector.describe.${program}`, describe),
  listen(nc, `connector.call.${program}.*`, (msg) => answer(msg.json())),
];
process.once("SIGTERM", () => nc.drain());
await nc.flush();
console.error(`${program} listens; its books are in ${path.resolve(dir)}`);
await Promise.all(ended);
