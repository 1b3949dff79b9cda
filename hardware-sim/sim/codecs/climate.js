// Codec (TS013-1.0.0) of hardware-sim's climate sensor, binary form, FPort 10:
// int16 temperature in 0.1 °C, uint8 humidity in 0.5 %.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 3) {
    return { errors: ["want 3 bytes"] };
  }
  return { data: { temperature: (((b[0] << 24) >> 16) | b[1]) / 10, humidity: b[2] / 2 } };
}
