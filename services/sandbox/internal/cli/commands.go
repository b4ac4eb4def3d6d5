package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tradepost/tradepost/services/sandbox/internal/book"
	"github.com/tradepost/tradepost/services/sandbox/internal/control"
	"github.com/tradepost/tradepost/services/sandbox/internal/reqlog"
	"github.com/tradepost/tradepost/services/sandbox/internal/state"
)

func (s *settings) invoices() *cobra.Command {
	var status string
	cmd := &cobra.Command{
		Use: "invoices", Short: "List the invoices", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var data struct {
				Invoices []control.Row `json:"invoices"`
			}
			if err := s.call(cmd.Context(), http.MethodGet, "/invoices?status="+url.QueryEscape(status), nil, &data); err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), data.Invoices, func(w io.Writer) {
				row(w, "ID", "NUMBER", "TYPE", "CUSTOMER", "LINES", "TOTAL", "STATUS", "COMMENTS")
				for _, i := range data.Invoices {
					row(w, i.ID, i.Number, i.Type, i.Customer, i.Lines, i.Total.Money(), i.Status, i.Comments)
				}
			})
		},
	}
	cmd.Flags().StringVar(&status, "status", "", "only these, comma separated: ok, pending_accounting, failed ...")
	return cmd
}

func (s *settings) view(cmd *cobra.Command, id string) (*control.View, error) {
	var v control.View
	if _, err := strconv.ParseInt(id, 10, 64); err != nil {
		return nil, fmt.Errorf("the invoice id %q must be a number", id)
	}
	return &v, s.call(cmd.Context(), http.MethodGet, "/invoices/"+id, nil, &v)
}

func (s *settings) show() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show one invoice with its lines", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := s.view(cmd, args[0])
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), v, func(w io.Writer) {
				row(w, "Invoice", v.Number, v.Status)
				row(w, "Customer", v.Customer)
				row(w, "Total", v.Total.Money())
				row(w)
				row(w, "DESCRIPTION", "QUANTITY", "PRICE", "AMOUNT")
				for _, l := range v.Invoice.Lines {
					row(w, shorten(l.Description, 60), l.Quantity, l.Price, book.Extend(l.Quantity, l.Price).Money())
				}
				row(w)
				printComments(w, v.Comments)
			})
		},
	}
}

func (s *settings) comments() *cobra.Command {
	return &cobra.Command{
		Use: "comments ID", Short: "Show the comments on an invoice", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := s.view(cmd, args[0])
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), v.Comments, func(w io.Writer) { printComments(w, v.Comments) })
		},
	}
}

// printComments keeps the line breaks of comments, so it does without columns.
func printComments(w io.Writer, comments []*state.Comment) {
	for _, c := range comments {
		audience := "private"
		if !c.Private() {
			audience = strings.Join(c.Visibility, ", ")
		}
		_, _ = fmt.Fprintf(w, "Comment %d (%s, %s)\n%s\n\n", c.ID, audience, time.Unix(c.Created, 0).UTC().Format(time.RFC3339), c.Content)
	}
}

func (s *settings) setup() *cobra.Command {
	body := map[string]string{}
	var system, label string
	cmd := &cobra.Command{
		Use: "setup", Short: "Add an external system and let it be sent invoices", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			body["system"], body["label"] = system, label
			var made state.System
			if err := s.call(cmd.Context(), http.MethodPost, "/setup", body, &made); err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), made, func(w io.Writer) {
				row(w, "SYSTEM", "LABEL", "CAN BE SENT INVOICES")
				row(w, made.Name, made.Label, made.CanBeSentInvoices)
			})
		},
	}
	cmd.Flags().StringVar(&system, "system", book.DefaultSystem, "system name")
	cmd.Flags().StringVar(&label, "label", "Accounting", "label that users see")
	return cmd
}

func (s *settings) send() *cobra.Command {
	var all bool
	var system string
	cmd := &cobra.Command{
		Use: "send ID... | --all", Short: "Press Send to Accounting System",
		Args: func(_ *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return fmt.Errorf("give invoice ids or --all, not both")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ids, err := parseIDs(args)
			if err != nil {
				return err
			}
			var sent struct {
				Sent []int64 `json:"sent"`
			}
			body := map[string]any{"ids": ids, "all": all, "system": system}
			if err := s.call(cmd.Context(), http.MethodPost, "/send", body, &sent); err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), sent.Sent, func(w io.Writer) { row(w, "sent", len(sent.Sent), "invoices") })
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every invoice in status ok")
	cmd.Flags().StringVar(&system, "system", "", "system name, where there are several")
	return cmd
}

func parseIDs(args []string) ([]int64, error) {
	ids := []int64{}
	for _, arg := range args {
		id, err := strconv.ParseInt(arg, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the invoice id %q must be a number", arg)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (s *settings) requests() *cobra.Command {
	query := url.Values{}
	var method, path string
	var limit int
	cmd := &cobra.Command{
		Use: "requests", Short: "Show what was asked of the API", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query.Set("method", method)
			query.Set("path", path)
			query.Set("limit", strconv.Itoa(limit))
			var data struct {
				Requests []reqlog.Entry `json:"requests"`
			}
			if err := s.call(cmd.Context(), http.MethodGet, "/requests?"+query.Encode(), nil, &data); err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), data.Requests, func(w io.Writer) {
				row(w, "#", "TIME", "METHOD", "PATH", "STATUS", "FAULT", "BODY")
				for _, e := range data.Requests {
					row(w, e.Sequence, e.Time.UTC().Format(time.RFC3339), e.Method, withQuery(e), e.Status, e.Fault, shorten(e.Body, 80))
				}
			})
		},
	}
	cmd.Flags().StringVar(&method, "method", "", "only this method")
	cmd.Flags().StringVar(&path, "path", "", "only paths that begin so: /api/invoice")
	cmd.Flags().IntVar(&limit, "limit", 100, "the newest so many; 0 shows all")
	return cmd
}

func withQuery(e reqlog.Entry) string {
	if e.Query == "" {
		return e.Path
	}
	return e.Path + "?" + e.Query
}

func shorten(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}
