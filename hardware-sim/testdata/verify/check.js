// Checks frames, a JSON object a line on standard input, with lora-packet: MIC,
// payload, FOpts, and the session keys of joins. Prints a count of each kind of frame
// as JSON; exits 1 and says which frame is wrong.
const lora = require("lora-packet");
const hex = (s) => Buffer.from(s, "hex");
const lines = require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
const requests = {}; // by device and DevNonce
const counts = {};

function fail(f, why) {
  console.error(`${why}: ${JSON.stringify(f)}`);
  process.exit(1);
}

function same(f, got, want, what) {
  if (got.toString("hex") !== want) fail(f, `${what} is ${got.toString("hex")}`);
}

function joinRequest(f, p) {
  if (!lora.verifyMIC(p, undefined, hex(f.root))) fail(f, "MIC");
  same(f, p.DevEUI, f.dev_eui, "DevEUI");
  requests[f.dev_eui + p.DevNonce.toString("hex")] = p;
}

function joinAccept(f, p) {
  const nonce = Buffer.alloc(2);
  nonce.writeUInt16BE(f.dev_nonce);
  const request = requests[f.dev_eui + nonce.toString("hex")];
  if (!request) fail(f, "no request");
  const a = lora.fromWire(lora.decryptJoinAccept(p, hex(f.root)));
  let keys;
  if (f.version === "1.1") {
    const js = lora.generateJSKeys(hex(f.root), request.DevEUI);
    a.JoinReqType = Buffer.from([0xff]);
    a.AppEUI = request.AppEUI;
    a.JoinEUI = request.AppEUI;
    a.DevNonce = request.DevNonce;
    if (!lora.verifyMIC(a, js.JSIntKey)) fail(f, "MIC");
    keys = lora.generateSessionKeys11(hex(f.app_key), hex(f.root), request.AppEUI, a.AppNonce, request.DevNonce);
    same(f, keys.FNwkSIntKey, f.f_nwk, "FNwkSIntKey");
    same(f, keys.SNwkSIntKey, f.s_nwk, "SNwkSIntKey");
    same(f, keys.NwkSEncKey, f.enc, "NwkSEncKey");
  } else {
    if (!lora.verifyMIC(a, undefined, hex(f.root))) fail(f, "MIC");
    keys = lora.generateSessionKeys10(hex(f.root), a.NetID, a.AppNonce, request.DevNonce);
    same(f, keys.NwkSKey, f.f_nwk, "NwkSKey");
  }
  same(f, keys.AppSKey, f.app, "AppSKey");
}

function data(f, p) {
  const high = Buffer.alloc(2);
  high.writeUInt16LE(f.f_cnt >>> 16);
  let ok;
  if (f.version === "1.0") {
    ok = lora.verifyMIC(p, hex(f.f_nwk), undefined, high);
  } else if (f.down) {
    const conf = Buffer.alloc(2);
    if (p.getFCtrlACK()) conf.writeUInt16LE(f.conf_f_cnt);
    ok = lora.verifyMIC(p, hex(f.f_nwk), hex(f.s_nwk), high, conf);
  } else {
    const radio = Buffer.alloc(4);
    radio.writeUInt16BE(f.conf_f_cnt); // lora-packet turns it round
    radio[2] = f.dr;
    radio[3] = f.chan;
    ok = lora.verifyMIC(p, hex(f.f_nwk), hex(f.s_nwk), high, radio);
  }
  if (!ok) fail(f, "MIC");
  if (p.FRMPayload && p.FRMPayload.length > 0) same(f, lora.decrypt(p, hex(f.app), hex(f.enc), high), f.payload, "payload");
  else if (f.payload) fail(f, "payload is missing");
  if (p.FOpts && p.FOpts.length > 0) {
    same(f, f.version === "1.1" ? p.decryptFOpts(hex(f.enc), undefined, high) : p.FOpts, f.f_opts, "FOpts");
  } else if (f.f_opts) fail(f, "FOpts are missing");
}

for (const line of lines) {
  const f = JSON.parse(line);
  const p = lora.fromWire(hex(f.phy));
  if (f.join) (f.down ? joinAccept : joinRequest)(f, p);
  else data(f, p);
  const kind = `${f.version} ${f.join ? "join" : "data"} ${f.down ? "down" : "up"}`;
  counts[kind] = (counts[kind] || 0) + 1;
}
console.log(JSON.stringify(counts));
