package servicetrade

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// apiPath is the part of every address that no ServiceTrade environment changes.
const apiPath = "/api"

// parseBase makes the address of the API from the configured one. Its errors do
// not repeat the address, which may hold a password that someone put there.
func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case err != nil:
		return nil, errors.New("read the ServiceTrade URL: it is no URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("read the ServiceTrade URL: it does not begin with https://")
	case u.Host == "":
		return nil, errors.New("read the ServiceTrade URL: it names no host")
	case u.User != nil:
		return nil, errors.New("read the ServiceTrade URL: user and password belong in settings of their own")
	}
	path := strings.TrimRight(u.Path, "/")
	if !strings.HasSuffix(path, apiPath) {
		path += apiPath
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: path}, nil
}

// address builds the address of a call from the configured base, never from a
// uri of an answer: those name whichever host ServiceTrade likes.
func (c *Client) address(r request) (string, error) {
	if c.baseErr != nil {
		return "", c.baseErr
	}
	u := c.base.JoinPath(r.path)
	u.RawQuery = r.query.Encode()
	return u.String(), nil
}

func entityPath(kind string, id int64) string { return fmt.Sprintf("/%s/%d", kind, id) }
