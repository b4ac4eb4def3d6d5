package cli

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tradepost/tradepost/services/sandbox/internal/control"
	"github.com/tradepost/tradepost/services/sandbox/internal/faults"
)

func (s *settings) faults() *cobra.Command {
	cmd := &cobra.Command{Use: "faults", Short: "Order faults, and see how often they struck"}
	cmd.AddCommand(s.listFaults(), s.addFault(), s.clearFaults(), s.playScenario())
	return cmd
}

func (s *settings) listFaults() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the orders that are active", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var data control.Orders
			if err := s.call(cmd.Context(), http.MethodGet, "/faults", nil, &data); err != nil {
				return err
			}
			shown := []faults.State{}
			for _, o := range data.Orders {
				if o.Active || all {
					shown = append(shown, o)
				}
			}
			data.Orders = shown
			return s.print(cmd.OutOrStdout(), data, func(w io.Writer) { printOrders(w, data) })
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "also those that ended")
	return cmd
}

func printOrders(w io.Writer, data control.Orders) {
	row(w, "ID", "FAULT", "WHERE", "HOW OFTEN", "HOW LONG", "SEEN", "STRUCK", "NAME")
	for _, o := range data.Orders {
		row(w, o.ID, o.Order.What(), o.Order.Where(), o.Order.Often(), o.Long(), o.Seen, o.Struck, o.Order.Name)
	}
	if p := data.Scenario; p != nil {
		made := 0
		for _, step := range p.Steps {
			if step.Made {
				made++
			}
		}
		row(w)
		row(w, fmt.Sprintf("Scenario %s: %d of %d steps made", p.Name, made, len(p.Steps)))
	}
}

func (s *settings) addFault() *cobra.Command {
	cmd := &cobra.Command{
		Use: "add FAULT", Short: "Order a fault", Long: "Order a fault:\n\n" + s.kindHelp(),
		Example: "  sandbox faults add throttled --retry-after 30s --resource invoice --next 3\n" +
			"  sandbox faults add cut-after --method PUT --path '/api/invoice/*' --probability 0.2 --seed 7 --for 10m",
		Args: cobra.ExactArgs(1),
	}
	for _, f := range faults.Fields() {
		if f.Name != "fault" {
			cmd.Flags().String(flagOf(f.Name), "", strings.ToLower(f.Title[:1])+f.Title[1:]+": "+f.Hint)
		}
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		texts := map[string]string{"fault": args[0]}
		cmd.Flags().Visit(func(f *pflag.Flag) {
			if name := strings.ReplaceAll(f.Name, "-", "_"); name != "url" && name != "output" {
				texts[name] = f.Value.String()
			}
		})
		var made faults.State
		if err := s.call(cmd.Context(), http.MethodPost, "/faults", texts, &made); err != nil {
			return err
		}
		return s.print(cmd.OutOrStdout(), made, func(w io.Writer) {
			printOrders(w, control.Orders{Orders: []faults.State{made}})
		})
	}
	return cmd
}

func flagOf(field string) string { return strings.ReplaceAll(field, "_", "-") }

func (s *settings) kindHelp() string {
	var b strings.Builder
	for _, k := range s.orders.Infos() {
		_, _ = fmt.Fprintf(&b, "  %-16s %s\n", k.Kind, k.Text) // a Builder takes everything
	}
	return b.String()
}

func (s *settings) clearFaults() *cobra.Command {
	return &cobra.Command{
		Use: "clear [ID...]", Short: "Cancel these orders, or all of them and the scenario",
		RunE: func(cmd *cobra.Command, args []string) error {
			paths := []string{"/faults"}
			if len(args) > 0 {
				paths = nil
			}
			for _, arg := range args {
				if _, err := strconv.ParseInt(arg, 10, 64); err != nil {
					return fmt.Errorf("the order id %q must be a number", arg)
				}
				paths = append(paths, "/faults/"+arg)
			}
			var answer map[string]bool
			for _, path := range paths {
				if err := s.call(cmd.Context(), http.MethodDelete, path, nil, &answer); err != nil {
					return err
				}
			}
			return s.print(cmd.OutOrStdout(), answer, func(w io.Writer) { row(w, "cleared") })
		},
	}
}

func (s *settings) playScenario() *cobra.Command {
	return &cobra.Command{
		Use: "play SCENARIO", Short: "Begin a scenario: a file, or one of " + strings.Join(s.scenarios, ", "),
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			file, text, err := s.scenario(args[0])
			if err != nil {
				return err
			}
			var p faults.Progress
			if err := s.call(cmd.Context(), http.MethodPost, "/scenario", map[string]string{"file": file, "text": string(text)}, &p); err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), p, func(w io.Writer) {
				row(w, "DUE", "DOES", "NOTE")
				for _, step := range p.Steps {
					row(w, step.Due, step.Does, step.Note)
				}
			})
		},
	}
}
