package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/databrokerdao/dbdao-bridge/lorawan"
	"github.com/databrokerdao/dbdao-bridge/market"
	"github.com/databrokerdao/dbdao-bridge/settlement"
	"github.com/ethereum/go-ethereum/common"
)

// ErrRefused marks an error as the caller's fault: its text is shown to him.
var ErrRefused = errors.New("refused")

// Server makes the two handlers.
type Server struct {
	b        Backend
	log      *slog.Logger
	sessions *sessions
	building chan struct{} // evidence files under way
	copying  chan struct{} // a copy of the ledger under way
	asking   chan struct{} // requests to the operator's nodes under way
	feeds    *feeds

	publicURL string
	rates     *rates

	proving proving

	Proxies Proxies // before the public API; set before Public is called
}

// New prepares the API of a bridge that buyers reach at publicURL.
func New(b Backend, publicURL string, log *slog.Logger) *Server {
	at := place{domain: publicURL, chainID: b.Reporter.Operator().ChainID}
	if u, err := url.Parse(publicURL); err == nil && u.Host != "" {
		at.domain, at.scheme = u.Host, u.Scheme
	}
	return &Server{building: make(chan struct{}, evidenceAtOnce), copying: make(chan struct{}, 1), asking: make(chan struct{}, chainAtOnce), b: b, log: log.With("component", "api"),
		sessions: newSessions(at, b.Wallets, b.Reporter.Clock), feeds: newFeeds(), publicURL: publicURL, rates: newRates()}
}

func newHuma(title, version string) (*routes, huma.API) {
	mux := &routes{}
	cfg := huma.DefaultConfig(title, version)
	cfg.DocsPath = "" // the default page would load scripts from elsewhere
	cfg.SchemasPath = ""
	cfg.CreateHooks = nil // no $schema links in answers
	cfg.Transformers = append(cfg.Transformers, discreet)
	cfg.Components = &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", schemaName)}
	h := humago.New(mux, cfg)
	if s := h.OpenAPI().Components.Schemas.Map()["ErrorDetail"]; s != nil {
		delete(s.Properties, "value")
	}
	return mux, h
}

// discreet takes out of an answer that refuses a request what stood in it: secrets may, and answers are
// logged on their way.
func discreet(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	for _, one := range m.Errors {
		one.Value = nil
		switch {
		case one.Location == "body":
			one.Message = "the body is not what this endpoint takes: see docs/openapi.json, or the command's --help"
		case one.Message == validation.MsgUnexpectedProperty: // its name is the sender's
			one.Location = one.Location[:max(0, strings.LastIndexByte(one.Location, '.'))]
			one.Message = "there is a member that is none of this object's: see docs/openapi.json"
		case strings.HasPrefix(one.Location, "body"):
			one.Message, _, _ = strings.Cut(one.Message, ": ")
		}
	}
	return m, nil
}

// schemaName keeps types of one name in two packages apart: settlement.Status is SettlementStatus.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if pkg := path.Base(t.PkgPath()); t.Name() != "" && pkg != "api" && pkg != "." {
		return strings.ToUpper(pkg[:1]) + pkg[1:] + name
	}
	return name
}

type out[T any] struct{ Body T }

// Public is what buyers and owners talk to. It is called by the name in its URL.
func (s *Server) Public() http.Handler {
	return ours(hosts{s.sessions.place.domain}, []string{originOf(s.publicURL)}, "api.public_url", s.counted(typed("application/json", bodies(s.publicRoutes()))))
}

// bodyPublic is the longest body of the public API.
const bodyPublic = 64 << 10

// bodies holds each body to its length: transactions, and what they are made of, are longer than anything else.
func bodies(next http.Handler) http.Handler {
	short, long := whole(bodyPublic, next), whole(bodyChain, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == chainPath || strings.HasPrefix(r.URL.Path, txPath) {
			long.ServeHTTP(w, r)
			return
		}
		short.ServeHTTP(w, r)
	})
}

func (s *Server) publicRoutes() *routes {
	mux, h := newHuma("DataBroker DAO API", "1")
	huma.Get(h, "/v1/operator", func(context.Context, *struct{}) (*out[OperatorInfo], error) {
		return &out[OperatorInfo]{s.b.Reporter.Operator()}, nil
	})
	huma.Get(h, "/v1/health", func(context.Context, *struct{}) (*out[Health], error) {
		return &out[Health]{s.health()}, nil
	})
	huma.Get(h, "/v1/terms/{hash}", s.terms, ofJSON)
	huma.Put(h, "/v1/terms", s.putTerms, verbatim)
	huma.Post(h, "/v1/session/nonce", func(context.Context, *struct{}) (*out[Nonce], error) {
		op := s.b.Reporter.Operator()
		return &out[Nonce]{Nonce{Nonce: s.sessions.nonce(), Domain: s.sessions.place.domain, ChainID: op.ChainID}}, nil
	})
	huma.Post(h, "/v1/session", s.signIn)
	s.destinationRoutes(h)
	s.marketRoutes(h)
	s.liveRoute(h)
	huma.Get(h, "/v1/purchases/{purchase}/evidence", s.evidence)
	huma.Get(h, "/v1/streams/{stream}/claim", s.claim)
	huma.Post(h, "/v1/proofs", s.proofs)
	huma.Post(h, chainPath, s.chain, verbatim, ofJSON)
	s.txRoutes(h)
	summarise(h.OpenAPI())
	mux.HandleFunc("GET "+pagePath, page(h.OpenAPI()))
	return mux
}

// Health is what anybody may know of how the bridge does: codes, no particulars.
type Health struct {
	OK         bool     `json:"ok"`
	Conditions []string `json:"conditions"`
}

func (s *Server) health() Health {
	h := Health{OK: true, Conditions: []string{}}
	for _, c := range s.b.Reporter.Conditions() {
		h.OK = false
		if !slices.Contains(h.Conditions, c.Code) { // how many there are is nobody's business
			h.Conditions = append(h.Conditions, c.Code)
		}
	}
	return h
}

// Nonce is what a sign-in message must carry.
type Nonce struct {
	Nonce   string `json:"nonce"`
	Domain  string `json:"domain"`
	ChainID uint64 `json:"chain_id"`
}

func (s *Server) terms(_ context.Context, in *struct {
	Hash string `path:"hash" pattern:"^0x[0-9a-fA-F]{64}$"`
}) (*asWritten, error) {
	doc, ok, err := s.b.Devices.Terms(common.HexToHash(in.Hash))
	if err != nil {
		return nil, s.trouble(err)
	}
	if !ok {
		return nil, huma.Error404NotFound("no terms with this hash are known here")
	}
	return &asWritten{"application/json", doc}, nil
}

// SignIn is a signed EIP-4361 message.
type SignIn struct {
	Message   string `json:"message" maxLength:"4096"`
	Signature string `json:"signature" maxLength:"16384" doc:"EIP-191 personal_sign, 0x…; or whatever the account's contract takes (ERC-1271)."`
}

// Session is a short-lived bearer token.
type Session struct {
	Token   string         `json:"token"`
	Address common.Address `json:"address"`
	Seconds int            `json:"seconds"`
}

func (s *Server) signIn(ctx context.Context, in *struct {
	From
	Body SignIn
}) (*out[Session], error) {
	if !s.rates.take("sign-in "+s.Proxies.callerOf(in.From), paceSignIn) {
		return nil, hurried("too many sign-ins from your address: a session lasts a quarter of an hour, use it; try again in a second")
	}
	token, address, err := s.sessions.signIn(ctx, in.Body.Message, in.Body.Signature)
	switch {
	case errors.Is(err, ErrUnknown):
		return nil, huma.Error503ServiceUnavailable(err.Error())
	case err != nil:
		return nil, huma.Error401Unauthorized(err.Error())
	}
	return &out[Session]{Session{Token: token, Address: address, Seconds: int(sessionLife / time.Second)}}, nil
}

// purchase finds a purchase of the caller; another's is as unknown as none.
func (s *Server) purchase(authorization string, id uint64) (market.PurchaseID, error) {
	who, err := s.caller(authorization)
	if err != nil {
		return 0, err
	}
	p, ok, err := s.b.Purchases.Purchase(market.PurchaseID(id))
	if err != nil {
		return 0, s.trouble(err)
	}
	if !ok || p.Buyer != who {
		return 0, huma.Error404NotFound("you have no such purchase here: it may not be confirmed yet, or be of another operator's stream")
	}
	return p.ID, nil
}

// trouble logs our own failure and shows none of it.
func (s *Server) trouble(err error) error {
	if errors.Is(err, market.ErrNoRoom) {
		return huma.Error503ServiceUnavailable("the bridge has no room to store anything now: try again later, its operator is told")
	}
	s.log.Error("a request failed", "err", err)
	return huma.Error500InternalServerError("the bridge has a problem of its own: its operator sees it in the log")
}

// Admin is what the operator's commands and Prometheus talk to. It is called by the names given.
// All but /health and /metrics wants the token.
func (s *Server) Admin(token string, names []string, metrics http.Handler) http.Handler {
	free, all := s.adminRoutes(metrics)
	free.Handle("/", admit(token, all))
	return ours(names, nil, "admin.names", free)
}

// bodyAdmin is the longest body of the admin API: a device's codec has up to 128 KiB, escaped more.
const bodyAdmin = 512 << 10

// adminRoutes are the routes without and with a token.
func (s *Server) adminRoutes(metrics http.Handler) (free, all *routes) {
	mux, h := newHuma("dbdao-bridge admin API", "1")
	s.adminAPI(h)
	all = &routes{patterns: mux.patterns}
	described := typed("application/json", whole(bodyAdmin, mux))
	all.ServeMux.Handle("/", described)
	all.Handle("POST /v1/admin/backfill", typed("application/x-ndjson", http.HandlerFunc(s.backfill)))
	all.HandleFunc("GET /v1/admin/backup", s.backup)
	all.HandleFunc("POST /v1/admin/devices", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(WaitMax + time.Minute)) // an attestation may wait for the device's uplink
		described.ServeHTTP(w, r)
	})
	free = &routes{}
	free.Handle("GET /metrics", s.limited(metrics))
	free.Handle("GET /health", s.limited(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s.health())
	})))
	return free, all
}

func (s *Server) adminAPI(h huma.API) {
	huma.Get(h, "/v1/admin/status", func(context.Context, *struct{}) (*out[Status], error) {
		st, err := s.b.Reporter.Status()
		if err != nil {
			return nil, s.trouble(err)
		}
		return &out[Status]{st}, nil
	})
	huma.Post(h, "/v1/admin/devices", func(ctx context.Context, in *struct{ Body AttestRequest }) (*out[Attestation], error) {
		a, err := s.b.Devices.Attest(ctx, in.Body)
		switch {
		case errors.Is(err, ErrRefused):
			return nil, huma.Error422UnprocessableEntity(err.Error())
		case err != nil:
			return nil, s.trouble(err)
		}
		return &out[Attestation]{a}, nil
	})
	huma.Get(h, "/v1/admin/devices", func(context.Context, *struct{}) (*out[[]market.Device], error) {
		all, err := s.b.Devices.Devices()
		if err != nil {
			return nil, s.trouble(err)
		}
		return &out[[]market.Device]{all}, nil
	})
	huma.Delete(h, "/v1/admin/devices/{dev_eui}/owner", func(_ context.Context, in *struct {
		DevEUI string `path:"dev_eui" maxLength:"23" doc:"16 hexadecimal digits"`
	}) (*struct{}, error) {
		dev, err := lorawan.ParseDevEUI(in.DevEUI)
		if err != nil {
			return nil, huma.Error422UnprocessableEntity(err.Error())
		}
		switch err := s.b.Devices.Release(dev); {
		case errors.Is(err, ErrRefused):
			return nil, huma.Error422UnprocessableEntity(err.Error())
		case err != nil:
			return nil, s.trouble(err)
		}
		return nil, nil
	})
	huma.Get(h, "/v1/admin/devices/bought", func(context.Context, *struct{}) (*out[[]lorawan.DevEUI], error) {
		return &out[[]lorawan.DevEUI]{s.b.Devices.Bought()}, nil
	})
	huma.Put(h, "/v1/admin/terms", s.anyTerms, verbatim)
	huma.Get(h, "/v1/admin/purchases/{purchase}/evidence", s.anyEvidence)
	huma.Get(h, "/v1/admin/earnings", func(ctx context.Context, _ *struct{}) (*out[[]settlement.Earning], error) {
		all, err := s.b.Treasury.Earnings(ctx)
		if err != nil {
			return nil, s.trouble(err)
		}
		return &out[[]settlement.Earning]{all}, nil
	})
	huma.Post(h, "/v1/admin/settle", func(ctx context.Context, _ *struct{}) (*out[[]settlement.Tx], error) {
		txs, err := s.b.Treasury.SettleNow(ctx)
		if err != nil {
			return nil, huma.Error502BadGateway(err.Error())
		}
		return &out[[]settlement.Tx]{txs}, nil
	})
	s.sessionRoutes(h)
}
