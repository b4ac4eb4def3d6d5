// Package quickbooks holds the connector to QuickBooks Online against the stand-in of
// the sandbox. It has tests only: no other module may know both.
package quickbooks
