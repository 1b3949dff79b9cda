package delivery

// What the tests of the courier see of its insides.

// Bugs has a courier report transitions that are not in the tables.
func (c *Courier) Bugs(f func(what, state, event string)) { c.bug = f }

// Memory is how many parcels a courier holds.
func (c *Courier) Memory() int { c.mu.Lock(); defer c.mu.Unlock(); return c.held }
