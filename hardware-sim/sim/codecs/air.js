// Codec (TS013-1.0.0) of hardware-sim's air quality sensor, binary form, FPort 10:
// uint16 CO2 in ppm, int16 PM2.5 in 0.01 µg/m³, int16 temperature in 0.1 °C.
function decodeUplink(input) {
  var b = input.bytes;
  if (b.length !== 6) {
    return { errors: ["want 6 bytes"] };
  }
  return {
    data: {
      co2: (b[0] << 8) | b[1],
      pm2_5: (((b[2] << 24) >> 16) | b[3]) / 100,
      temperature: (((b[4] << 24) >> 16) | b[5]) / 10,
    },
  };
}
