package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// soon is how long before its end a certificate is told.
const soon = 14 * 24 * time.Hour

// host asks the API for its session without having one: any answer shows that
// name, network and TLS work.
func (p *patient) host(ctx context.Context) (bool, []Result) {
	c := p.check("host")
	raw := p.account.ServiceTrade.URL
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" {
		return false, []Result{c.skip("the url cannot be used, see the configuration")}
	}
	u.User = nil
	if !strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/api") {
		u = u.JoinPath("api")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.JoinPath("auth").String(), nil)
	if err != nil {
		return false, []Result{c.skip("the url cannot be used, see the configuration")}
	}
	req.Header.Set("User-Agent", "tradepost-doctor")
	straight := *p.web
	straight.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := straight.Do(req)
	if err != nil {
		return false, []Result{c.unreached(u, err)}
	}
	_ = res.Body.Close()
	return true, p.answered(c, u, res)
}

// answered judges the answer; whether it is ServiceTrade's the sign-in will show.
func (p *patient) answered(c check, u *url.URL, res *http.Response) []Result {
	r := c.ok("%s answers", u)
	if res.TLS != nil {
		r.Looked += ", " + tls.VersionName(res.TLS.Version)
		if certs := res.TLS.PeerCertificates; len(certs) > 0 {
			r.Looked += ", certificate good until " + certs[0].NotAfter.Format(time.DateOnly)
			if certs[0].NotAfter.Sub(p.now()) < soon {
				r = c.warn("ServiceTrade or your proxy", "Renew it in time.", "the certificate ends soon").looked("%s", r.Looked)
			}
		}
	}
	results := []Result{r}
	if res.TLS == nil && !isLoopback(u.Hostname()) {
		results = append(results, c.warn(admin, "Begin the url with https://.", "the password goes over the network unencrypted"))
	}
	switch {
	case res.StatusCode >= 300 && res.StatusCode < 400:
		where := "another address"
		if to, err := res.Location(); err == nil {
			where = to.Scheme + "://" + to.Host + to.Path
		}
		results = append(results, c.fail(admin, "Write the right address as url of the account.", "it redirects to %s, which is not followed", where))
	case res.StatusCode >= 500:
		results = append(results, c.warn(operator, "Wait and run doctor again. Invoices stay pending meanwhile.", "it answers %s", res.Status))
	}
	return results
}

// unreached says which step on the way to the host did not work.
func (c check) unreached(u *url.URL, err error) Result {
	var name *net.DNSError
	var cert *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	what, fix := fmt.Sprintf("no connection: %v", cause(err)), "Check the network and the firewall of this machine."
	switch {
	case errors.As(err, &name):
		what, fix = fmt.Sprintf("the name %s cannot be looked up", u.Hostname()), "Check the url of the account, and the name service of this machine."
	case errors.As(err, &cert):
		what = fmt.Sprintf("the certificate is not trusted: %v", cert.Err)
		fix = "Check the url; if a proxy looks into the traffic, add its certificate to this machine's trusted ones."
	case errors.As(err, &noTLS), errors.Is(err, http.ErrSchemeMismatch):
		what, fix = "it does not speak TLS", "Check the port and https:// of the url."
	case errors.Is(err, syscall.ECONNREFUSED):
		what, fix = "nothing listens there (connection refused)", "Check host and port of the url; start the server if it is yours."
	case errors.Is(err, context.DeadlineExceeded):
		what = "no answer in time"
	}
	r := c.fail(operator, fix+" Nothing is lost: invoices stay pending meanwhile.", "%s", what).looked("%s", u)
	r.Code = "servicetrade.unreachable"
	return r
}

// cause drops method and address, which net/http puts first.
func cause(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// shownURL is an address without user, password and query.
func shownURL(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" {
		return "(no usable address)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
