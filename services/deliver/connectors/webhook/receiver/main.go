package receiver

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/tradepost/tradepost/services/deliver/connectors/webhook"
)

// SecretsVariable holds the secrets, separated by spaces.
const SecretsVariable = "WEBHOOK_SECRETS"

// headerTime bounds how long a caller may take for the beginning of a request.
const headerTime = 10 * time.Second

// Main serves a Receiver until the process ends. TLS is a proxy's in front of it.
func Main(args []string, env func(string) string, out io.Writer) error {
	flags := flag.NewFlagSet("webhook-receiver", flag.ContinueOnError)
	flags.SetOutput(out)
	listen := flags.String("listen", "127.0.0.1:9200", "where to listen")
	r := Receiver{}
	flags.StringVar(&r.Dir, "dir", "books", "the folder of the books")
	flags.StringVar(&r.CompanyID, "company-id", "", "an id of these books that never changes")
	flags.StringVar(&r.CompanyName, "company", "Receiver", "whose books these are")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if r.CompanyID == "" {
		return errors.New("--company-id is missing: name an id of these books that never changes")
	}
	for i, secret := range strings.Fields(env(SecretsVariable)) {
		key, err := webhook.ParseSecret(secret)
		if err != nil {
			return fmt.Errorf("%s, number %d: %w", SecretsVariable, i+1, err)
		}
		r.Keys = append(r.Keys, key)
	}
	if len(r.Keys) == 0 {
		return fmt.Errorf("%s is empty: give it the secret of the connection (echo whsec_$(openssl rand -base64 32))", SecretsVariable)
	}
	if err := os.MkdirAll(r.Dir, 0o750); err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "listens on http://%s, keeps its books in %s\n", l.Addr(), r.Dir)
	return (&http.Server{Handler: &r, ReadHeaderTimeout: headerTime}).Serve(l)
}
