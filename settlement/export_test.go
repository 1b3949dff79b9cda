package settlement

import "context"

// Round is a round under the policy, for tests that drive the settler themselves.
func (s *Settler) Round(ctx context.Context) ([]Tx, error) { return s.round(ctx, false) }
