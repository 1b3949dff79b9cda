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

  const isObject = (v) => typeof v === 'object' && v !== null;

  // Buffer, as Node 20 has it: testdata/buffer.txt is held against Node itself. What is not
  // here is undefined, so that a codec which uses it fails and does not go on with nonsense.
  const B64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const view = (b) => new DataView(b.buffer, b.byteOffset, b.byteLength);
  const isBytes = (v) => v instanceof Uint8Array;
  const typeError = (what) => new TypeError('Buffer: ' + what);
  const rangeError = (what) => new RangeError('Buffer: ' + what);
  const encodings = { __proto__: null, 'utf8': 'utf8', 'utf-8': 'utf8', 'hex': 'hex', 'base64': 'base64', 'base64url': 'base64url', 'ascii': 'ascii',
    'latin1': 'latin1', 'binary': 'latin1', 'ucs2': 'utf16le', 'ucs-2': 'utf16le', 'utf16le': 'utf16le', 'utf-16le': 'utf16le' };
  function encodingOf(name) {
    if (name === undefined || name === '') return 'utf8';
    const known = encodings[RealString(name).toLowerCase()];
    if (known === undefined) throw typeError('unknown encoding ' + RealString(name));
    return known;
  }
  function utf8(s) {
    const out = [];
    for (let i = 0; i < s.length; i++) {
      let c = s.charCodeAt(i);
      if (c >= 0xd800 && c < 0xe000) {
        const low = c < 0xdc00 && i + 1 < s.length ? s.charCodeAt(i + 1) : 0;
        if (low >= 0xdc00 && low < 0xe000) { c = 0x10000 + (c - 0xd800 << 10) + (low - 0xdc00); i++; } else c = 0xfffd;
      }
      if (c < 0x80) out.push(c);
      else if (c < 0x800) out.push(0xc0 | c >> 6, 0x80 | c & 63);
      else if (c < 0x10000) out.push(0xe0 | c >> 12, 0x80 | c >> 6 & 63, 0x80 | c & 63);
      else out.push(0xf0 | c >> 18, 0x80 | c >> 12 & 63, 0x80 | c >> 6 & 63, 0x80 | c & 63);
    }
    return out;
  }
  // Each longest part of a character that stands alone becomes one U+FFFD (WHATWG Encoding).
  function unutf8(b) {
    let s = '', need = 0, seen = 0, point = 0, low = 0x80, high = 0xbf;
    for (let i = 0; i < b.length; i++) {
      const c = b[i];
      if (need === 0) {
        if (c < 0x80) s += RealString.fromCharCode(c);
        else if (c >= 0xc2 && c <= 0xdf) { need = 1; point = c & 31; }
        else if (c >= 0xe0 && c <= 0xef) { need = 2; point = c & 15; if (c === 0xe0) low = 0xa0; if (c === 0xed) high = 0x9f; }
        else if (c >= 0xf0 && c <= 0xf4) { need = 3; point = c & 7; if (c === 0xf0) low = 0x90; if (c === 0xf4) high = 0x8f; }
        else s += '\ufffd';
        continue;
      }
      if (c < low || c > high) { s += '\ufffd'; need = seen = 0; low = 0x80; high = 0xbf; i--; continue; }
      low = 0x80; high = 0xbf;
      point = point << 6 | c & 63;
      if (++seen === need) { s += RealString.fromCodePoint(point); need = seen = 0; }
    }
    return need ? s + '\ufffd' : s;
  }
  const nibble = (c) => c >= 48 && c <= 57 ? c - 48 : c >= 97 && c <= 102 ? c - 87 : c >= 65 && c <= 70 ? c - 55 : -1;
  function encode(s, encoding) {
    const out = [];
    switch (encoding) {
      case 'hex':
        for (let i = 0; i + 1 < s.length; i += 2) {
          const high = nibble(s.charCodeAt(i)), low = nibble(s.charCodeAt(i + 1));
          if (high < 0 || low < 0) break;
          out.push(high << 4 | low);
        }
        return out;
      case 'base64': case 'base64url': {
        let bits = 0, have = 0;
        for (let i = 0; i < s.length; i++) {
          const c = s[i];
          if (c === '=') break;
          const n = c === '-' ? 62 : c === '_' ? 63 : B64.indexOf(c);
          if (n < 0) continue;
          bits = bits << 6 | n; have += 6;
          if (have >= 8) { have -= 8; out.push(bits >> have & 255); bits &= (1 << have) - 1; }
        }
        return out;
      }
      case 'ascii': case 'latin1':
        for (let i = 0; i < s.length; i++) out.push(s.charCodeAt(i) & 255);
        return out;
      case 'utf16le':
        for (let i = 0; i < s.length; i++) out.push(s.charCodeAt(i) & 255, s.charCodeAt(i) >> 8);
        return out;
    }
    return utf8(s);
  }
  function decode(b, encoding) {
    let s = '';
    switch (encoding) {
      case 'hex':
        for (let i = 0; i < b.length; i++) s += (b[i] < 16 ? '0' : '') + b[i].toString(16);
        return s;
      case 'base64': case 'base64url':
        for (let i = 0; i < b.length; i += 3) {
          const n = b[i] << 16 | b[i + 1] << 8 | b[i + 2];
          s += B64[n >> 18] + B64[n >> 12 & 63] + (i + 1 < b.length ? B64[n >> 6 & 63] : '=') + (i + 2 < b.length ? B64[n & 63] : '=');
        }
        return encoding === 'base64' ? s : s.replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
      case 'ascii': case 'latin1':
        for (let i = 0; i < b.length; i++) s += RealString.fromCharCode(encoding === 'ascii' ? b[i] & 127 : b[i]);
        return s;
      case 'utf16le':
        for (let i = 0; i + 1 < b.length; i += 2) s += RealString.fromCharCode(b[i] | b[i + 1] << 8);
        return s;
    }
    return unutf8(b);
  }
  function size(n) {
    if (typeof n !== 'number') throw typeError('a size is a number');
    if (!(n >= 0 && n <= 1 << 30)) throw rangeError('no such size');
    return n;
  }
  function whole(n, low, high) {
    if (typeof n !== 'number') throw typeError('an offset is a number');
    if (!(n >= low && n <= high) || n % 1 !== 0) throw rangeError('out of range');
    return n;
  }
  class FastBuffer extends Uint8Array {
    slice(from, to) { return this.subarray(from, to); }
    equals(b) {
      if (!isBytes(b)) throw typeError('not bytes');
      return Buffer.compare(this, b) === 0;
    }
    compare(b, from = 0, to = b.length, start = 0, end = this.length) {
      if (!isBytes(b)) throw typeError('not bytes');
      whole(from, 0, b.length); whole(to, 0, b.length); whole(start, 0, this.length); whole(end, 0, this.length);
      return Buffer.compare(this.subarray(start, end), b.subarray(from, to));
    }
    toJSON() { return { type: 'Buffer', data: Array.from(this) }; }
    toString(encoding, from, to) {
      from = from > 0 ? from | 0 : 0;
      to = to === undefined || to > this.length ? this.length : to | 0;
      if (from >= this.length || to <= from) return '';
      return decode(this.subarray(from, to), encodingOf(encoding));
    }
    toLocaleString(encoding, from, to) { return this.toString(encoding, from, to); }
    write(s, from, most, encoding) {
      if (typeof from === 'string') { encoding = from; from = most = undefined; } else if (typeof most === 'string') { encoding = most; most = undefined; }
      if (typeof s !== 'string') throw typeError('a text is written');
      from = from === undefined ? 0 : whole(from, 0, this.length);
      const room = most === undefined ? this.length - from : Math.min(whole(most, 0, this.length), this.length - from);
      encoding = encodingOf(encoding);
      const b = encode(s, encoding);
      let n = Math.min(b.length, room);
      if (encoding === 'utf8') while (n < b.length && n > 0 && (b[n] & 0xc0) === 0x80) n--; // no part of a character
      if (encoding === 'utf16le') n -= n % 2;
      for (let i = 0; i < n; i++) this[from + i] = b[i];
      return n;
    }
    fill(v, from, to, encoding) {
      if (typeof from === 'string') { encoding = from; from = to = undefined; } else if (typeof to === 'string') { encoding = to; to = undefined; }
      from = from === undefined ? 0 : whole(from, 0, 2 ** 53);
      to = to === undefined ? this.length : whole(to, 0, this.length);
      if (typeof v === 'string') {
        const b = encode(v, encodingOf(encoding));
        if (b.length === 0 && v !== '') throw typeError('nothing to fill with');
        v = b.length ? b : [0];
      } else if (isBytes(v)) {
        if (v.length === 0) throw typeError('nothing to fill with');
      } else {
        v = [typeof v === 'boolean' ? +v : v & 255];
      }
      for (let i = from; i < to; i++) this[i] = v[(i - from) % v.length];
      return this;
    }
    copy(into, at = 0, from = 0, to = this.length) {
      if (!isBytes(into)) throw typeError('not bytes');
      at = Math.trunc(at) || 0; from = Math.trunc(from) || 0; to = Math.trunc(to) || 0;
      if (at < 0 || from < 0 || from > this.length || to < 0) throw rangeError('out of range');
      const n = Math.max(0, Math.min(to, this.length) - from, 0), m = Math.min(n, into.length - at);
      if (m <= 0) return 0;
      into.set(this.subarray(from, from + m), at);
      return m;
    }
    indexOf(v, at, encoding) { return find(this, v, at, encoding, true); }
    lastIndexOf(v, at, encoding) { return find(this, v, at, encoding, false); }
    includes(v, at, encoding) { return find(this, v, at, encoding, true) !== -1; }
    readUIntBE(at, n) { whole(n, 1, 6); whole(at, 0, this.length - n); let v = 0; for (let i = 0; i < n; i++) v = v * 256 + this[at + i]; return v; }
    readUIntLE(at, n) { whole(n, 1, 6); whole(at, 0, this.length - n); let v = 0; for (let i = n; i-- > 0;) v = v * 256 + this[at + i]; return v; }
    readIntBE(at, n) { const v = this.readUIntBE(at, n), top = 2 ** (8 * n - 1); return v >= top ? v - 2 * top : v; }
    readIntLE(at, n) { const v = this.readUIntLE(at, n), top = 2 ** (8 * n - 1); return v >= top ? v - 2 * top : v; }
    writeUIntBE(v, at, n) { return put(this, v, at, n, false, false); }
    writeUIntLE(v, at, n) { return put(this, v, at, n, false, true); }
    writeIntBE(v, at, n) { return put(this, v, at, n, true, false); }
    writeIntLE(v, at, n) { return put(this, v, at, n, true, true); }
    swap16() { return swap(this, 2); }
    swap32() { return swap(this, 4); }
    swap64() { return swap(this, 8); }
  }
  function find(b, v, at, encoding, forward) {
    if (typeof at === 'string') { encoding = at; at = undefined; }
    at = +at;
    if (at !== at) at = forward ? 0 : b.length;
    at = Math.trunc(at);
    if (typeof v === 'string') v = encode(v, encodingOf(encoding));
    else if (typeof v === 'number') v = [v & 255];
    else if (!isBytes(v)) throw typeError('neither a text, a number nor bytes');
    if (at < 0) at += b.length;
    if (at < 0) { if (!forward) return -1; at = 0; }
    if (v.length === 0) return forward ? Math.min(at, b.length) : Math.min(at, b.length);
    const last = b.length - v.length;
    if (!forward) at = Math.min(at, last);
    for (let i = at; forward ? i <= last : i >= 0; i += forward ? 1 : -1) {
      let j = 0;
      while (j < v.length && b[i + j] === v[j]) j++;
      if (j === v.length) return i;
    }
    return -1;
  }
  function put(b, v, at, n, signed, little) {
    whole(n, 1, 6);
    v = +v;
    const top = 2 ** (8 * n - (signed ? 1 : 0));
    if (v > top - 1 || v < (signed ? -top : 0)) throw rangeError('the value does not fit');
    whole(at, 0, b.length - n);
    v = Math.trunc(v) || 0;
    if (v < 0) v += 2 ** (8 * n);
    for (let i = 0; i < n; i++) { b[little ? at + i : at + n - 1 - i] = v % 256; v = Math.floor(v / 256); }
    return at + n;
  }
  function swap(b, n) {
    if (b.length % n) throw rangeError('the size is no multiple of ' + 8 * n + ' bits');
    for (let i = 0; i < b.length; i += n) b.subarray(i, i + n).reverse();
    return b;
  }
  function Buffer(v, encoding, length) {
    if (typeof v !== 'number') return Buffer.from(v, encoding, length);
    if (typeof encoding === 'string') throw typeError('a number has no encoding');
    return Buffer.alloc(v);
  }
  Object.setPrototypeOf(Buffer, Uint8Array);
  Buffer.prototype = FastBuffer.prototype;
  defineProperty(FastBuffer.prototype, 'constructor', { value: Buffer, writable: true, configurable: true });
  defineProperty(Buffer, Symbol.species, { get: () => FastBuffer, configurable: true });
  Buffer.from = function (v, encoding, length) {
    if (typeof v === 'string') {
      const b = encode(v, typeof encoding === 'string' ? encodingOf(encoding) : 'utf8'), out = new FastBuffer(b.length);
      out.set(b);
      return out;
    }
    if (!isObject(v)) throw typeError('of neither a text, bytes nor a list');
    if (v instanceof ArrayBuffer) return new FastBuffer(v, encoding, length);
    const inner = v.valueOf && v.valueOf();
    if (inner !== null && inner !== undefined && inner !== v && (typeof inner === 'string' || typeof inner === 'object')) return Buffer.from(inner, encoding, length);
    const list = v.length !== undefined || isBytes(v) ? v : v.type === 'Buffer' && isArray(v.data) ? v.data : undefined;
    if (list === undefined) throw typeError('of neither a text, bytes nor a list');
    const n = typeof list.length === 'number' ? list.length : 0, out = new FastBuffer(n > 0 ? n : 0);
    for (let i = 0; i < out.length; i++) out[i] = list[i];
    return out;
  };
  Buffer.of = (...list) => Buffer.from(list);
  Buffer.alloc = (n, fill, encoding) => {
    const b = new FastBuffer(size(n));
    return fill !== undefined && fill !== 0 && n > 0 ? b.fill(fill, encoding) : b;
  };
  Buffer.allocUnsafe = Buffer.allocUnsafeSlow = (n) => new FastBuffer(size(n));
  Buffer.isBuffer = (b) => b instanceof FastBuffer;
  Buffer.isEncoding = (name) => typeof name === 'string' && name !== '' && encodings[name.toLowerCase()] !== undefined;
  Buffer.byteLength = (v, encoding) => {
    if (typeof v !== 'string') {
      if (ArrayBuffer.isView(v) || v instanceof ArrayBuffer) return v.byteLength;
      throw typeError('neither a text nor bytes');
    }
    const known = encodings[RealString(encoding).toLowerCase()] || 'utf8';
    if (known === 'base64' || known === 'base64url') { // Node counts the characters
      let n = v.length;
      if (v.charCodeAt(n - 1) === 0x3d) n--;
      if (n > 1 && v.charCodeAt(n - 1) === 0x3d) n--;
      return n * 3 >>> 2;
    }
    return known === 'hex' ? v.length >>> 1 : encode(v, known).length;
  };
  Buffer.compare = (a, b) => {
    if (!isBytes(a) || !isBytes(b)) throw typeError('not bytes');
    for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    return a.length < b.length ? -1 : a.length > b.length ? 1 : 0;
  };
  Buffer.concat = (list, total) => {
    if (!isArray(list)) throw typeError('a list is joined');
    let n = 0;
    for (let i = 0; i < list.length; i++) {
      if (!isBytes(list[i])) throw typeError('not bytes');
      n += list[i].length;
    }
    const out = new FastBuffer(total === undefined ? n : whole(total, 0, 1 << 30));
    n = 0;
    for (let i = 0; i < list.length && n < out.length; i++) {
      const part = list[i].subarray(0, out.length - n);
      out.set(part, n);
      n += part.length;
    }
    return out;
  };
  const bits = { Int8: ['Int8', 1], UInt8: ['Uint8', 1], Int16: ['Int16', 2], UInt16: ['Uint16', 2], Int32: ['Int32', 4], UInt32: ['Uint32', 4],
    Float: ['Float32', 4], Double: ['Float64', 8], BigInt64: ['BigInt64', 8], BigUInt64: ['BigUint64', 8] };
  for (const [name, [kind, n]] of Object.entries(bits)) {
    const get = DataView.prototype['get' + kind], set = DataView.prototype['set' + kind], big = name[0] === 'B', float = name === 'Float' || name === 'Double';
    const low = name.includes('U') ? 0 : -(2 ** (8 * n - 1)), high = name.includes('U') ? 2 ** (8 * n) - 1 : 2 ** (8 * n - 1) - 1;
    for (const end of n > 1 ? ['BE', 'LE'] : ['']) {
      const read = function (at = 0) { return apply(get, view(this), [whole(at, 0, this.length - n), end === 'LE']); };
      const write = function (v, at = 0) {
        if (big) {
          if (typeof v !== 'bigint') throw typeError('a BigInt is written');
          if (low ? v >= 1n << 63n || v < -(1n << 63n) : v >= 1n << 64n || v < 0n) throw rangeError('the value does not fit');
        } else {
          v = +v;
          if (!float && (v > high || v < low)) throw rangeError('the value does not fit');
        }
        apply(set, view(this), [whole(at, 0, this.length - n), v, end === 'LE']);
        return at + n;
      };
      for (const as of [name, name.replace('UInt', 'Uint')]) {
        FastBuffer.prototype['read' + as + end] = read;
        FastBuffer.prototype['write' + as + end] = write;
      }
    }
  }
  for (const name of ['readUIntBE', 'readUIntLE', 'writeUIntBE', 'writeUIntLE']) FastBuffer.prototype[name.replace('UInt', 'Uint')] = FastBuffer.prototype[name];
  define('Buffer', Buffer);

  // Where codecs for Node and for bundlers put what they define.
  define('exports', {});
  define('module', { exports: globalThis.exports });

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
