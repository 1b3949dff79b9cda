package http

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/delivery"
)

// CSV writes readings as the body csv has them: a line of names, then a line each.
type CSV struct {
	w     *csv.Writer
	names []string
	row   []string
}

// NewCSV writes the line of names, those of body csv if there are none.
func NewCSV(to io.Writer, names []string) *CSV {
	if len(names) == 0 {
		names = columns
	}
	c := &CSV{csv.NewWriter(to), names, slices.Clone(names)}
	_ = c.w.Write(c.row) // Flush tells
	return c
}

// Write writes one reading's body; errors of writing are Flush's.
func (c *CSV) Write(body []byte) error { return c.write(body, func(int) error { return nil }) }

// write asks at each member whether there is room for so many bytes more.
func (c *CSV) write(body []byte, room func(more int) error) error {
	r, err := readingOf(&delivery.Parcel{Body: body})
	if err != nil {
		return err
	}
	n := 0
	for i, name := range c.names {
		c.row[i] = r.text(name)
		n += len(c.row[i]) + strings.Count(c.row[i], `"`) + 3
		if err := room(n); err != nil {
			return err
		}
	}
	_ = c.w.Write(c.row)
	return nil
}

// Flush ends it.
func (c *CSV) Flush() error {
	c.w.Flush()
	return c.w.Error()
}
