// Codec (TS013-1.0.0) of hardware-sim's soil probe, binary form, FPort 10:
// uint8 moisture in 0.5 %, int16 temperature in 0.1 °C.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 3) {
    return { errors: ["want 3 bytes"] };
  }
  return { data: { moisture: b[0] / 2, temperature: (((b[1] << 24) >> 16) | b[2]) / 10 } };
}
