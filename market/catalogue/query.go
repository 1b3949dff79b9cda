package catalogue

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/databrokerdao/dbdao-bridge/market"
)

// Query is what a buyer looks for. What is zero does not matter to him; everything else
// must hold.
type Query struct {
	Text         string // every word of it; of the last one the beginning is enough
	Quantity     string
	Unit         string // UCUM; with Quantity: of that one
	Near         *Near
	Box          *Box
	Country      string // ISO 3166-1 alpha-2
	PriceMin     uint64 // 10⁻⁶ DTX per reading
	PriceMax     uint64
	EveryMin     uint32 // seconds between readings
	EveryMax     uint32
	Operator     market.OperatorID
	Licence      string
	Resale       string
	Verified     bool
	Since        uint64  // unix seconds: the last reading is not older
	DeliveredMin float64 // 0 to 1: of what was due, counted in hundredths of a percent
	After        *Hit    // where the page before ended
	Limit        int     // 1 to LimitMax; 0: 20
}

// The bounds of queries.
const (
	LimitMax      = 200
	limitDefault  = 20
	queryTextMax  = 256 // bytes
	queryWordsMax = 16
)

// ErrQuery says what is wrong with a query.
var ErrQuery = errors.New("such a search cannot be made")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrQuery}, args...)...)
}

// search is a query made ready.
type search struct {
	q      *Query
	words  []string // of the vocabulary: all must be there
	prefix string   // some word of the vocabulary begins so; "": does not matter
	area   *area
	ratio  uint16 // least
	after  *Hit
	limit  int
}

// compile checks a query.
func (q Query) compile() (*search, error) {
	s := &search{q: &q, after: q.After, limit: q.Limit}
	if s.limit == 0 {
		s.limit = limitDefault
	}
	switch {
	case s.limit < 1 || s.limit > LimitMax:
		return nil, refuse("a page has 1 to %d streams", LimitMax)
	case !(q.DeliveredMin >= 0 && q.DeliveredMin <= 1):
		return nil, refuse("the part delivered is 0 to 1")
	case q.PriceMax != 0 && q.PriceMin > q.PriceMax:
		return nil, refuse("the lowest price is above the highest")
	case q.EveryMax != 0 && q.EveryMin > q.EveryMax:
		return nil, refuse("the shortest interval is above the longest")
	case q.Since > math.MaxUint32:
		return nil, refuse("the time of the last reading is out of range")
	}
	s.ratio = uint16(math.Ceil(q.DeliveredMin*ratioWhole - 1e-9))
	if err := s.text(q.Text); err != nil {
		return nil, err
	}
	s.facets()
	return s, s.place()
}

func (s *search) text(text string) error {
	if text == "" {
		return nil
	}
	words := Words(text)
	switch {
	case len(text) > queryTextMax:
		return refuse("the text is longer than %d bytes", queryTextMax)
	case len(words) == 0:
		return refuse("the text has no word: letters or digits")
	case len(words) > queryWordsMax:
		return refuse("the text has more than %d words", queryWordsMax)
	}
	last := len(words) - 1
	for _, w := range words[:last] {
		s.words = append(s.words, kindText+w)
	}
	s.prefix = kindText + words[last]
	return nil
}

func (s *search) facets() {
	q := s.q
	switch {
	case q.Quantity != "" && q.Unit != "":
		s.words = append(s.words, bothWord(q.Quantity, q.Unit))
	case q.Quantity != "":
		s.words = append(s.words, kindQuantity+q.Quantity)
	case q.Unit != "":
		s.words = append(s.words, kindUnit+q.Unit)
	}
	if q.Country != "" {
		s.words = append(s.words, kindCountry+strings.ToUpper(q.Country))
	}
	if q.Operator != 0 {
		s.words = append(s.words, operatorWord(uint64(q.Operator)))
	}
	if q.Licence != "" {
		s.words = append(s.words, kindLicence+q.Licence)
	}
	if q.Resale != "" {
		s.words = append(s.words, kindResale+q.Resale)
	}
	if q.Verified {
		s.words = append(s.words, kindVerified)
	}
}

func (s *search) place() error {
	near, box := s.q.Near, s.q.Box
	switch {
	case near == nil && box == nil:
		return nil
	case near != nil && box != nil:
		return refuse("give a circle or a box, not both")
	case near != nil && (!near.valid() || !(near.Radius >= 0)):
		return refuse("a circle has a latitude of -90 to 90, a longitude of -180 to 180 and a radius from 0")
	case box != nil && (!(Point{box.South, box.West}).valid() || !(Point{box.North, box.East}).valid() || box.South > box.North):
		return refuse("a box has latitudes of -90 to 90, south first, and longitudes of -180 to 180")
	}
	s.area = &area{near: near, box: box}
	if near != nil { // kept as all points are, so that radius 0 finds the very point
		n := *near
		n.Point = fix(&Place{Point: near.Point}).point()
		n.Radius = min(n.Radius, math.Pi*earth)
		s.area.near = &n
	}
	s.area.bound()
	return nil
}

// takes looks whether an entry that is not in the index is asked for.
func (s *search) takes(e *changed) bool {
	for _, w := range s.words {
		if _, found := slices.BinarySearch(e.words, w); !found {
			return false
		}
	}
	if s.prefix != "" {
		i, _ := slices.BinarySearch(e.words, s.prefix)
		if i == len(e.words) || !strings.HasPrefix(e.words[i], s.prefix) {
			return false
		}
	}
	return s.within(e.Price, e.Every, e.Figures.last(), e.Figures.ratio()) && (s.area == nil || s.area.holds(e.at))
}

// within looks at what is kept in columns.
func (s *search) within(price uint64, every, last uint32, ratio uint16) bool {
	q := s.q
	return price >= q.PriceMin && (q.PriceMax == 0 || price <= q.PriceMax) &&
		every >= q.EveryMin && (q.EveryMax == 0 || every != 0 && every <= q.EveryMax) &&
		uint64(last) >= q.Since &&
		(s.ratio == 0 || ratio != ratioUnknown && ratio >= s.ratio)
}

// The part delivered is kept in hundredths of a percent.
const (
	ratioWhole   = 10_000
	ratioUnknown = math.MaxUint16
)

func (f Figures) last() uint32 { return uint32(min(f.Last, math.MaxUint32)) }

func (f Figures) ratio() uint16 {
	if f.Due == 0 {
		return ratioUnknown
	}
	return uint16(min(float64(f.Delivered)/float64(f.Due), 1) * ratioWhole)
}

// Cursor writes a hit as a word that says where a page ended.
func (h Hit) Cursor() string { return fmt.Sprintf("%d-%d", h.Score, h.Stream) }

// ParseCursor reads what Hit.Cursor wrote.
func ParseCursor(text string) (*Hit, error) {
	a, b, _ := strings.Cut(text, "-")
	score, err := strconv.ParseUint(a, 10, 32)
	stream, err2 := strconv.ParseUint(b, 10, 64)
	if err != nil || err2 != nil {
		return nil, refuse("%.40q is not where a page ended: take the cursor of the page before as it is", text)
	}
	return &Hit{market.StreamID(stream), uint32(score)}, nil
}
