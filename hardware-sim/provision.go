package main

import (
	"encoding/json"
	"errors"

	"github.com/databrokerdao/dbdao-bridge/hardware-sim/provision"
	"github.com/databrokerdao/dbdao-bridge/hardware-sim/scenario"
	"github.com/spf13/cobra"
)

func provisionCommand() *cobra.Command {
	var file, key string
	var o provision.Options
	c := &cobra.Command{
		Use: "provision", Short: "Make the scenario's gateways, application, profiles and devices known to a ChirpStack v4", Args: cobra.NoArgs,
		Long: `Make the scenario's tenant, gateways, application, device profiles with codecs, devices with keys and dbdao_owner tags known to a ChirpStack v4, by its gRPC API.

May be run again: of what is there, only what the fleet cannot do without is set right (a profile's region, MAC version, activation and codec; a device's profile,
JoinEUI, keys and owner tag; f_cnt checks are only ever switched off). Everything else an operator has set stays, and nothing is deleted.

With --tenant-id a tenant's API key is enough.`,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := scenario.Load(file)
			if err != nil {
				return err
			}
			setup, err := s.Setup()
			if err != nil {
				return err
			}
			if o.Token, err = secret(key); err != nil {
				return err
			}
			if o.Token == "" {
				return errors.New("no API key: make one in ChirpStack and name its file with --key-file")
			}
			conn, err := provision.Dial(o)
			if err != nil {
				return err
			}
			defer conn.Close()
			done, err := provision.Run(c.Context(), conn, o.TenantID, &setup)
			return errors.Join(json.NewEncoder(c.OutOrStdout()).Encode(done), err)
		},
	}
	c.Flags().StringVarP(&file, "config", "c", "scenario.toml", "scenario file")
	c.Flags().StringVar(&o.Server, "server", "127.0.0.1:8080", "host:port of ChirpStack's API")
	c.Flags().BoolVar(&o.TLS, "tls", false, "the server has TLS")
	c.Flags().StringVar(&key, "key-file", "", "file with the API key: a tenant's with --tenant-id, else a global admin's. Mode 0600")
	c.Flags().StringVar(&o.TenantID, "tenant-id", "", "UUID of a tenant that is there; else it is found, or made, by the name in the scenario")
	return c
}
