// Codec (TS013-1.0.0) of hardware-sim's leak alarm, binary form, FPort 10: uint8
// leak (0 or 1), uint16 battery in 0.01 V.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 3) {
    return { errors: ["want 3 bytes"] };
  }
  return { data: { leak: b[0], battery: ((b[1] << 8) | b[2]) / 100 } };
}
