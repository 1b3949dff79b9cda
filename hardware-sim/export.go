package main

import (
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/scenario"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/sim"
	"github.com/databrokerdao/dbdao-bridge/internal/terminal"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/spf13/cobra"
)

func exportCommand() *cobra.Command {
	var file, format string
	c := &cobra.Command{
		Use: "export", Short: "Print the scenario's devices with their keys, to provision a network server or a bridge by hand", Args: cobra.NoArgs,
		Long: "Print the scenario's devices with their keys. csv: a line each, for a network server's import. toml: the devices_file of a bridge's gateway-level source.",
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := scenario.Load(file)
			if err != nil {
				return err
			}
			setup, err := s.Setup()
			if err != nil {
				return err
			}
			switch format {
			case "csv":
				return exportCSV(c.OutOrStdout(), setup.Devices)
			case "toml":
				return exportTOML(c.OutOrStdout(), setup.Devices)
			}
			return fmt.Errorf("format %q: want csv or toml", format)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "scenario.toml", "scenario file")
	c.Flags().StringVarP(&format, "format", "o", "csv", "csv or toml")
	return c
}

func hexKey(k lorawan.Key) string { return hex.EncodeToString(k[:]) }

func versionOf(d *sim.DeviceSetup) string {
	if d.Version == lorawan.LoRaWAN11 {
		return "1.1"
	}
	return "1.0.3"
}

func exportCSV(w io.Writer, devices []sim.DeviceSetup) error {
	c := csv.NewWriter(w)
	rows := [][]string{{"dev_eui", "name", "kind", "form", "version", "activation", "join_eui", "app_key", "nwk_key", "dev_addr", "app_s_key", "f_nwk_s_int_key", "s_nwk_s_int_key", "nwk_s_enc_key", "dbdao_owner"}}
	for i := range devices {
		d := &devices[i]
		row := []string{d.DevEUI.String(), terminal.Clean(d.Name), d.Kind, string(d.Form), versionOf(d)}
		if d.ABP {
			row = append(row, "abp", "", "", "", d.Addr.String(), hexKey(d.Keys.AppSKey), hexKey(d.Keys.FNwkSIntKey), hexKey(d.Keys.SNwkSIntKey), hexKey(d.Keys.NwkSEncKey))
		} else {
			row = append(row, "otaa", d.JoinEUI.String(), hexKey(d.AppKey), "", "", "", "", "", "")
			if d.Version == lorawan.LoRaWAN11 {
				row[8] = hexKey(d.NwkKey)
			}
		}
		rows = append(rows, append(row, terminal.Clean(d.Owner)))
	}
	if err := c.WriteAll(rows); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

func exportTOML(w io.Writer, devices []sim.DeviceSetup) error {
	var b strings.Builder
	for i := range devices {
		d := &devices[i]
		line := func(key, value string) { fmt.Fprintf(&b, "%s = %q\n", key, value) }
		fmt.Fprintf(&b, "[[device]] # %s\n", terminal.Clean(d.Name))
		line("dev_eui", d.DevEUI.String())
		line("version", versionOf(d))
		switch {
		case d.ABP && d.Version == lorawan.LoRaWAN11:
			line("dev_addr", d.Addr.String())
			line("f_nwk_s_int_key", hexKey(d.Keys.FNwkSIntKey))
			line("s_nwk_s_int_key", hexKey(d.Keys.SNwkSIntKey))
			line("nwk_s_enc_key", hexKey(d.Keys.NwkSEncKey))
			line("app_s_key", hexKey(d.Keys.AppSKey))
		case d.ABP:
			line("dev_addr", d.Addr.String())
			line("nwk_s_key", hexKey(d.Keys.FNwkSIntKey))
			line("app_s_key", hexKey(d.Keys.AppSKey))
		default:
			line("join_eui", d.JoinEUI.String())
			line("app_key", hexKey(d.AppKey))
			if d.Version == lorawan.LoRaWAN11 {
				line("nwk_key", hexKey(d.NwkKey))
			}
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
