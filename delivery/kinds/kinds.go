// Package kinds lists the kinds of storage a bridge has: one line each. A kind lives in a
// folder of its own under delivery and is known nowhere else.
package kinds

import (
	"fmt"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/delivery"
	"github.com/databrokerdao/dbdao-bridge/delivery/amqp"
	"github.com/databrokerdao/dbdao-bridge/delivery/amqp1"
	"github.com/databrokerdao/dbdao-bridge/delivery/http"
	"github.com/databrokerdao/dbdao-bridge/delivery/kafka"
	"github.com/databrokerdao/dbdao-bridge/delivery/mqtt"
	"github.com/databrokerdao/dbdao-bridge/delivery/nats"
	"github.com/databrokerdao/dbdao-bridge/delivery/postgres"
	"github.com/databrokerdao/dbdao-bridge/delivery/pull"
	"github.com/databrokerdao/dbdao-bridge/delivery/s3"
)

// All are the kinds there are, in the order documents list them.
var All = delivery.Kinds{
	http.Kind,
	s3.Kind,
	postgres.Kind,
	kafka.Kind,
	amqp.Kind,
	amqp1.Kind,
	nats.Kind,
	mqtt.Kind,
	pull.Kind,
}

// Manual is the kinds' manual, Markdown: docs/sinks.md is the one of All.
func Manual(all delivery.Kinds) string {
	var b strings.Builder
	for _, k := range all {
		fmt.Fprintf(&b, "## %s\n\n%s.\n\n%s\n\n```json\n%s\n```\n\n", k.Name, k.Summary, k.Guide, k.Example)
		b.WriteString("| option | default | |\n|---|---|---|\n")
		for _, o := range k.Manual() {
			def, doc := "", o.Doc
			if o.Default != "" {
				def = "`" + o.Default + "`"
			}
			if o.Secret {
				doc += " **Secret.**"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", o.Name, def, strings.ReplaceAll(doc, "|", "\\|"))
		}
		b.WriteString("\n")
	}
	return b.String()
}
