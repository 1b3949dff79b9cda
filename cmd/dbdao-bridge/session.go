package main

import (
	"fmt"

	"github.com/databrokerdao/dbdao-bridge/api"
	"github.com/databrokerdao/dbdao-bridge/config"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/spf13/cobra"
)

func sessionCommand(o *options) *cobra.Command {
	var source string
	add := &cobra.Command{
		Use: "add FILE", Short: "Give the running bridge the devices of a devices file (mode 0600); it keeps them sealed", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			devices, err := config.LoadDevices(args[0])
			if err != nil {
				return err
			}
			client, err := o.adminClient()
			if err != nil {
				return err
			}
			type added struct {
				DevEUI string `json:"dev_eui"`
			}
			all := []added{}
			for _, d := range devices {
				if err := client.AddDeviceSession(c.Context(), source, d); err != nil {
					return fmt.Errorf("device %s: %w", d.DevEUI, err)
				}
				all = append(all, added{d.DevEUI})
			}
			return o.print(c, all)
		},
	}
	ls := &cobra.Command{
		Use: "ls", Short: "List the devices whose raw frames are opened; keys are never shown", Args: exactly(0),
		RunE: func(c *cobra.Command, _ []string) error {
			return o.show(c, func(client *api.Client) (any, error) { return client.DeviceSessions(c.Context(), source) })
		},
	}
	rm := &cobra.Command{
		Use: "rm DEV_EUI", Short: "Make the running bridge forget a device's keys", Args: exactly(1),
		RunE: func(c *cobra.Command, args []string) error {
			dev, err := lorawan.ParseDevEUI(args[0])
			if err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			return o.show(c, func(client *api.Client) (any, error) {
				return map[string]string{"removed": dev.String()}, client.RemoveDeviceSession(c.Context(), source, dev)
			})
		},
	}
	g := group("session", "Keep device sessions of gateway-level sources (operators)", add, ls, rm)
	g.PersistentFlags().StringVar(&source, "source", "", "name of the source (default: the only one of kind gateway)")
	return g
}
