// Package scenarios holds the scenario files that come with the sandbox.
package scenarios

import "embed"

// Files are the scenario files of the ServiceTrade sandbox.
//
//go:embed *.yaml
var Files embed.FS

// QuickBooks are the scenario files of the QuickBooks stand-in, in the folder
// quickbooks.
//
//go:embed quickbooks/*.yaml
var QuickBooks embed.FS
