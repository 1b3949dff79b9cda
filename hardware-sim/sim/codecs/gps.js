// Codec (TS013-1.0.0) of hardware-sim's GPS tracker, binary form, FPort 10: int32
// latitude and int32 longitude in 0.0001°, int24 altitude in 0.01 m.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 11) {
    return { errors: ["want 11 bytes"] };
  }
  function int32(i) {
    return (b[i] << 24) | (b[i + 1] << 16) | (b[i + 2] << 8) | b[i + 3];
  }
  return {
    data: {
      latitude: int32(0) / 10000,
      longitude: int32(4) / 10000,
      altitude: (((b[8] << 24) >> 8) | (b[9] << 8) | b[10]) / 100,
    },
  };
}
