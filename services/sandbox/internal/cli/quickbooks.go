package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tradepost/tradepost/services/sandbox"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/control"
	"github.com/tradepost/tradepost/services/sandbox/internal/quickbooks/rest"
	"github.com/tradepost/tradepost/services/sandbox/quickbooks"
)

const quickbooksAddress = "localhost:8390"

// quickbooksFlags are those that say what the QuickBooks stand-in is like.
type quickbooksFlags struct {
	listen     string
	tax        string
	queryDelay time.Duration
	noLimits   bool
	scenario   string
	quickbooks.Options
}

func (f *quickbooksFlags) add(flags *pflag.FlagSet, prefix string) {
	flags.IntVar(&f.Companies, prefix+"companies", 1, "QuickBooks companies")
	flags.BoolVar(&f.PlainNames, prefix+"plain-names", false, "name QuickBooks customers and items as ServiceTrade shows them, not by their external ids")
	flags.BoolVar(&f.AutoConnect, prefix+"auto-connect", false, "connect an app to the first company without showing the page")
	flags.BoolVar(&f.noLimits, prefix+"no-limits", false, "do not throttle")
	flags.StringVar(&f.tax, prefix+"tax", quickbooks.TaxManual, "sales tax of the companies: off, manual or automated")
	flags.DurationVar(&f.queryDelay, prefix+"query-delay", 0, "how long statements do not show a write yet")
	flags.DurationVar(&f.RotateAfter, prefix+"rotate-after", 0, "the age at which a refresh token is replaced (24h); below 0 at each refresh")
	flags.StringVar(&f.scenario, prefix+"scenario", "", "order faults of QuickBooks by a scenario file, or by one of "+strings.Join(quickbooks.Scenarios(), ", "))
	flags.DurationVar(&f.Work, prefix+"work", 0, "how long a company works on each request")
}

func (f *quickbooksFlags) make(b *sandbox.Book) (*quickbooks.Stand, error) {
	if f.Companies < 1 || f.Companies > 1000 {
		return nil, fmt.Errorf("the number of QuickBooks companies %d must be between 1 and 1000", f.Companies)
	}
	f.Book, f.Settings = b, quickbooks.DefaultSettings("Meridian Mechanical & Fire")
	switch f.tax {
	case quickbooks.TaxOff, quickbooks.TaxManual, quickbooks.TaxAutomated:
		f.Settings.SalesTax = f.tax
	default:
		return nil, fmt.Errorf("the sales tax %q must be off, manual or automated", f.tax)
	}
	f.Settings.QueryDelay = f.queryDelay
	if f.noLimits {
		f.Limits = quickbooks.NoLimits()
	}
	stand := quickbooks.New(f.Options)
	if f.scenario == "" {
		return stand, nil
	}
	file, text, err := quickbooks.ReadScenario(f.scenario)
	if err != nil {
		return nil, err
	}
	return stand, stand.API.Play(file, text)
}

// listenQuickBooks answers at the address until the context ends. What comes of it
// is sent to the channel that it returns.
func (f *quickbooksFlags) listenQuickBooks(ctx context.Context, b *sandbox.Book, log *slog.Logger) (<-chan error, error) {
	stand, err := f.make(b)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", f.listen, err)
	}
	at := "http://" + listener.Addr().String()
	log.Info("QuickBooks stand-in is ready", "page", at, "api", at+"/v3/company/"+stand.API.Realms()[0], "companies", len(stand.API.Realms()),
		"client_id", quickbooks.DefaultClientID, "client_secret", quickbooks.DefaultClientSecret)
	ended := make(chan error, 1)
	go func() { ended <- serveUntil(ctx, listener, stand) }()
	return ended, nil
}

// quickBooks are the commands of the QuickBooks stand-in.
func quickBooks(parent *settings) *cobra.Command {
	s := &settings{
		output: parent.output, root: "/_quickbooks", command: "quickbooks ", orders: rest.Orders(),
		scenarios: quickbooks.Scenarios(), scenario: quickbooks.ReadScenario,
	}
	root := &cobra.Command{Use: "quickbooks", Short: "A QuickBooks Online stand-in"}
	root.PersistentFlags().StringVar(&s.url, "url", "http://"+quickbooksAddress, "address of a running QuickBooks stand-in")
	root.AddCommand(serveQuickBooks(), s.companies(), s.connect(), s.faults())
	return root
}

func serveQuickBooks() *cobra.Command {
	f := &quickbooksFlags{}
	var seed int64
	var invoices int
	cmd := &cobra.Command{
		Use: "serve", Short: "Run a QuickBooks Online stand-in alone", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if invoices < 1 || invoices > 1e6 {
				return fmt.Errorf("--invoices %d must be between 1 and 1000000", invoices)
			}
			book := sandbox.GenerateBook(sandbox.BookOptions{Seed: seed, Invoices: invoices})
			ended, err := f.listenQuickBooks(cmd.Context(), book, slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil)))
			if err != nil {
				return err
			}
			return <-ended
		},
	}
	cmd.Flags().StringVar(&f.listen, "listen", quickbooksAddress, "address to listen on; port 0 picks a free one")
	cmd.Flags().Int64Var(&seed, "seed", 1, "seed of the ServiceTrade book from which the companies are filled")
	cmd.Flags().IntVar(&invoices, "invoices", 40, "invoices of that book; more of them bring more customers")
	f.add(cmd.Flags(), "")
	return cmd
}

func (s *settings) companies() *cobra.Command {
	return &cobra.Command{
		Use: "companies", Short: "List the companies with what was asked of them", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var data struct {
				Companies []control.Company `json:"companies"`
			}
			if err := s.call(cmd.Context(), http.MethodGet, "/companies", nil, &data); err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), data.Companies, func(w io.Writer) {
				row(w, "REALM", "NAME", "INVOICES", "CREDIT MEMOS", "REQUESTS", "METERED", "THROTTLED")
				for _, c := range data.Companies {
					row(w, c.Realm, c.Settings.Name, c.Objects["Invoice"], c.Objects["CreditMemo"], c.Counts.Total, c.Counts.Metered, c.Counts.Throttled)
				}
			})
		},
	}
}

// connect gives tokens of a company, for trying things out with curl.
func (s *settings) connect() *cobra.Command {
	return &cobra.Command{
		Use: "connect REALM", Short: "Give tokens of a company without its user", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var tokens struct {
				Access  string `json:"access_token"`
				Refresh string `json:"refresh_token"`
				Realm   string `json:"realmId"`
			}
			if err := s.call(cmd.Context(), http.MethodPost, "/companies/"+url.PathEscape(args[0])+"/tokens", nil, &tokens); err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), tokens, func(w io.Writer) {
				row(w, "access token", tokens.Access)
				row(w, "refresh token", tokens.Refresh)
				row(w, "realm", tokens.Realm)
			})
		},
	}
}
