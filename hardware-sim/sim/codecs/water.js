// Codec (TS013-1.0.0) of hardware-sim's water meter, binary form, FPort 10:
// uint32 volume in litres, uint16 battery in 0.01 V.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 6) {
    return { errors: ["want 6 bytes"] };
  }
  return {
    data: {
      volume: ((b[0] << 24) | (b[1] << 16) | (b[2] << 8) | b[3]) >>> 0,
      battery: ((b[4] << 8) | b[5]) / 100,
    },
  };
}
