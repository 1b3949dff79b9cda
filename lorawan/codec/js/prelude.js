// What a codec finds around it, made before it runs. It evaluates to a function of
// the clock; that one returns the function that runs the codec. Everything it needs
// later is kept in constants: the codec may replace any global.
(function (now) {
  'use strict';
  const { stringify, parse } = JSON, { isArray } = Array, { apply, construct } = Reflect, { defineProperty } = Object;
  const slice = String.prototype.slice, RealDate = Date, RealString = String, RealPromise = Promise, RealNumber = Number;
  const define = (name, value) => defineProperty(globalThis, name, { value, writable: true, configurable: true });

  // The clock stands still.
  function FixedDate(...args) {
    if (!new.target) return apply(RealDate.prototype.toString, new RealDate(now), []);
    return construct(RealDate, args.length ? args : [now], new.target);
  }
  FixedDate.prototype = RealDate.prototype;
  defineProperty(RealDate.prototype, 'constructor', { value: FixedDate, writable: true, configurable: true });
  FixedDate.UTC = RealDate.UTC;
  FixedDate.parse = RealDate.parse;
  FixedDate.now = () => now;
  define('Date', FixedDate);
  let seed = 0x2545f491;
  Math.random = () => {
    seed ^= seed << 13; seed ^= seed >>> 17; seed ^= seed << 5;
    return (seed >>> 0) / 4294967296;
  };
  for (const name of ['performance', 'WeakRef', 'FinalizationRegistry', 'Atomics', 'SharedArrayBuffer']) delete globalThis[name];

  const lines = [];
  let kept = 0;
  const say = (...args) => {
    let line = '';
    for (let i = 0; i < args.length; i++) {
      let one;
      try { one = typeof args[i] === 'string' ? args[i] : stringify(args[i]); } catch (e) { one = '?'; }
      line += (i ? ' ' : '') + one;
    }
    line = apply(slice, line, [0, 256]);
    if (kept < 32) lines[kept++] = line;
  };
  define('console', { log: say, info: say, warn: say, error: say, debug: say, trace: say });

  // Buffer, as far as codecs use Node's.
  const B64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const view = (b) => new DataView(b.buffer, b.byteOffset, b.byteLength);
  function utf8(s) {
    const out = [];
    for (const ch of s) {
      const c = ch.codePointAt(0);
      if (c < 0x80) out.push(c);
      else if (c < 0x800) out.push(0xc0 | c >> 6, 0x80 | c & 63);
      else if (c < 0x10000) out.push(0xe0 | c >> 12, 0x80 | c >> 6 & 63, 0x80 | c & 63);
      else out.push(0xf0 | c >> 18, 0x80 | c >> 12 & 63, 0x80 | c >> 6 & 63, 0x80 | c & 63);
    }
    return out;
  }
  function unutf8(b) {
    let s = '';
    for (let i = 0; i < b.length;) {
      const c = b[i++];
      const more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : -1;
      let p = more === 3 ? c & 7 : more === 2 ? c & 15 : more === 1 ? c & 31 : c, ok = more >= 0 && i + more <= b.length;
      for (let j = 0; ok && j < more; j++) {
        if ((b[i + j] & 0xc0) !== 0x80) ok = false;
        p = p << 6 | b[i + j] & 63;
      }
      if (!ok || p > 0x10ffff) { s += '\ufffd'; continue; }
      i += more;
      s += String.fromCodePoint(p);
    }
    return s;
  }
  function decoded(s, encoding) {
    const out = [];
    switch (encoding) {
      case 'hex':
        for (let i = 0; i + 1 < s.length; i += 2) {
          const n = parseInt(s.slice(i, i + 2), 16);
          if (n !== n) break;
          out.push(n);
        }
        return out;
      case 'base64': case 'base64url': {
        let bits = 0, have = 0;
        for (const ch of s.replace(/-/g, '+').replace(/_/g, '/')) {
          const n = B64.indexOf(ch);
          if (n < 0) continue;
          bits = bits << 6 | n; have += 6;
          if (have >= 8) { have -= 8; out.push(bits >> have & 255); bits &= (1 << have) - 1; }
        }
        return out;
      }
      case 'ascii': case 'latin1': case 'binary':
        for (let i = 0; i < s.length; i++) out.push(s.charCodeAt(i) & 255);
        return out;
    }
    return utf8(s);
  }
  class Buffer extends Uint8Array {
    static from(v, encoding, length) {
      if (typeof v === 'string') v = decoded(v, encoding);
      if (v instanceof ArrayBuffer) return new Buffer(v, encoding, length);
      const b = new Buffer(v.length);
      for (let i = 0; i < v.length; i++) b[i] = v[i];
      return b;
    }
    static alloc(n, fill) { const b = new Buffer(n); if (fill !== undefined) b.fill(fill); return b; }
    static isBuffer(b) { return b instanceof Buffer; }
    static byteLength(s, encoding) { return decoded(s, encoding).length; }
    static concat(list) {
      let n = 0;
      for (const b of list) n += b.length;
      const out = new Buffer(n);
      n = 0;
      for (const b of list) { out.set(b, n); n += b.length; }
      return out;
    }
    slice(from, to) { return this.subarray(from, to); }
    equals(b) { return this.length === b.length && this.every((c, i) => c === b[i]); }
    toJSON() { return { type: 'Buffer', data: Array.from(this) }; }
    toString(encoding, from, to) {
      const b = from === undefined && to === undefined ? this : this.subarray(from, to);
      let s = '';
      switch (encoding) {
        case 'hex':
          for (const c of b) s += (c < 16 ? '0' : '') + c.toString(16);
          return s;
        case 'base64':
          for (let i = 0; i < b.length; i += 3) {
            const n = b[i] << 16 | b[i + 1] << 8 | b[i + 2];
            s += B64[n >> 18] + B64[n >> 12 & 63] + (i + 1 < b.length ? B64[n >> 6 & 63] : '=') + (i + 2 < b.length ? B64[n & 63] : '=');
          }
          return s;
        case 'ascii': case 'latin1': case 'binary':
          for (const c of b) s += String.fromCharCode(encoding === 'ascii' ? c & 127 : c);
          return s;
      }
      return unutf8(b);
    }
    readUIntBE(at, n) { let v = 0; for (let i = 0; i < n; i++) v = v * 256 + this.readUInt8(at + i); return v; }
    readUIntLE(at, n) { let v = 0; for (let i = n; i-- > 0;) v = v * 256 + this.readUInt8(at + i); return v; }
    readIntBE(at, n) { const v = this.readUIntBE(at, n), top = 2 ** (8 * n - 1); return v >= top ? v - 2 * top : v; }
    readIntLE(at, n) { const v = this.readUIntLE(at, n), top = 2 ** (8 * n - 1); return v >= top ? v - 2 * top : v; }
  }
  const methods = {
    Int8: ['Int8', 1], UInt8: ['Uint8', 1], Int16: ['Int16', 2], UInt16: ['Uint16', 2], Int32: ['Int32', 4], UInt32: ['Uint32', 4],
    Float: ['Float32', 4], Double: ['Float64', 8], BigInt64: ['BigInt64', 8], BigUInt64: ['BigUint64', 8],
  };
  for (const [name, [kind, size]] of Object.entries(methods)) {
    const get = DataView.prototype['get' + kind], set = DataView.prototype['set' + kind];
    for (const end of size > 1 ? ['BE', 'LE'] : ['']) {
      const read = function (at = 0) { return get.call(view(this), at, end === 'LE'); };
      const write = function (v, at = 0) { set.call(view(this), at, v, end === 'LE'); return at + size; };
      Buffer.prototype['read' + name + end] = Buffer.prototype['read' + name.replace('UInt', 'Uint') + end] = read;
      Buffer.prototype['write' + name + end] = Buffer.prototype['write' + name.replace('UInt', 'Uint') + end] = write;
    }
  }
  for (const name of ['UIntBE', 'UIntLE']) Buffer.prototype['read' + name.replace('UInt', 'Uint')] = Buffer.prototype['read' + name];
  define('Buffer', Buffer);

  const texts = (list) => {
    if (list === undefined || list === null) return [];
    if (!isArray(list)) list = [list];
    const out = [];
    for (let i = 0; i < list.length && i < 16; i++) {
      const one = list[i];
      out[i] = apply(slice, typeof one === 'string' ? one : stringify(one) + '', [0, 256]);
    }
    return out;
  };
  const bytesOf = (hex) => {
    const out = [];
    for (let i = 0; i < hex.length; i += 2) out[i / 2] = RealNumber('0x' + hex[i] + hex[i + 1]);
    return out;
  };
  const isObject = (v) => typeof v === 'object' && v !== null;

  return function (found, hex, fPort, variables, most) {
    const decodeUplink = found[0], normalizeUplink = found[1], Decode = found[2], Decoder = found[3];
    const no = (text) => stringify({ fault: 'result', text, log: lines });
    const r = { data: null, normalized: null, warnings: [], errors: [], log: lines };
    if (hex === '?') return decodeUplink || Decode || Decoder ? stringify(r) : no('the codec defines none of decodeUplink, Decode and Decoder');
    let data;
    if (decodeUplink) {
      const out = decodeUplink({ bytes: bytesOf(hex), fPort, recvTime: new RealDate(now), variables: parse(variables) });
      if (out instanceof RealPromise) return no('decodeUplink returned a promise: a codec cannot wait');
      if (!isObject(out)) return no('decodeUplink returned no object');
      r.warnings = texts(out.warnings);
      r.errors = texts(out.errors);
      if (r.errors.length) return stringify(r);
      data = out.data;
    } else if (Decode) {
      data = Decode(fPort, bytesOf(hex), parse(variables));
    } else if (Decoder) {
      data = Decoder(bytesOf(hex), fPort);
    } else {
      return no('the codec defines none of decodeUplink, Decode and Decoder');
    }
    if (data instanceof RealPromise) return no('a promise is no result: a codec cannot wait');
    if (!isObject(data) || isArray(data)) return no('data is not an object');
    const text = stringify(data);
    if (typeof text !== 'string' || text[0] !== '{') return no('data is not an object');
    if (text.length > most) return no('longer than ' + most + ' bytes');
    if (normalizeUplink) {
      const out = normalizeUplink({ data: parse(text) });
      if (isObject(out) && !(out instanceof RealPromise)) {
        const w = texts(out.warnings), e = texts(out.errors);
        for (let i = 0; i < w.length; i++) r.warnings[r.warnings.length] = w[i];
        for (let i = 0; i < e.length; i++) r.warnings[r.warnings.length] = 'normalizeUplink: ' + e[i];
        if (!e.length && isObject(out.data)) r.normalized = out.data;
      }
    }
    r.data = parse(text);
    return stringify(r);
  };
})
