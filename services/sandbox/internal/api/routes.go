package api

import "net/http"

// verbs keeps the route table short.
type verbs = map[string]answer

const (
	get    = http.MethodGet
	put    = http.MethodPut
	post   = http.MethodPost
	remove = http.MethodDelete
)

func (a *API) routes() {
	a.mux.HandleFunc("POST /api/auth", a.login)
	a.mux.HandleFunc("GET /api/auth", a.whoAmI)
	a.mux.HandleFunc("DELETE /api/auth", a.logout)
	a.mux.HandleFunc("POST /api/oauth2/token", a.token)
	a.mux.HandleFunc("POST /api/oauth2/revoke", a.revoke)
	a.mux.HandleFunc("GET /api/oauth2/userinfo", a.userinfo)

	a.resource("/api/invoice", verbs{get: a.listInvoices, post: a.createInvoice})
	a.resource("/api/invoice/{id}", verbs{get: a.getInvoice, put: a.putInvoice})
	a.resource("/api/company", verbs{get: a.listCompanies, post: a.createCompany})
	a.resource("/api/company/{id}", verbs{get: a.getCompany, put: a.putCompany})
	a.resource("/api/location", verbs{get: a.listLocations, post: a.createLocation})
	a.resource("/api/location/{id}", verbs{get: a.getLocation, put: a.putLocation})
	a.resource("/api/location/{id}/merge", verbs{post: a.mergeLocation})
	a.resource("/api/location/{id}/comment", verbs{get: a.listLocationComments, post: a.createLocationComment})
	a.resource("/api/job", verbs{get: a.listJobs, post: a.createJob})
	a.resource("/api/job/{id}", verbs{get: a.getJob, put: a.putJob})
	a.resource("/api/jobitem", verbs{get: a.listJobItems, post: a.createJobItem})
	a.resource("/api/jobitem/{id}", verbs{get: a.getJobItem, put: a.putJobItem})
	a.resource("/api/libitem", verbs{get: a.listLibItems})
	a.resource("/api/libitem/{id}", verbs{get: a.getLibItem})
	a.resource("/api/serviceline", verbs{get: a.listServiceLines})
	a.resource("/api/serviceline/{id}", verbs{get: a.getServiceLine})
	a.resource("/api/user", verbs{get: a.listUsers})
	a.resource("/api/user/{id}", verbs{get: a.getUser})
	a.resource("/api/comment", verbs{get: a.listComments, post: a.createComment})
	a.resource("/api/comment/{id}", verbs{get: a.getComment})
	a.resource("/api/attachment", verbs{post: a.createAttachment})
	a.resource("/api/externalid/{type}/{id}", verbs{get: a.getExternalIDs})
	a.resource("/api/externalid/{type}/{id}/{system}", verbs{get: a.getExternalID, put: a.putExternalID, post: a.putExternalID})
	a.resource("/api/externalsystem", verbs{get: a.listSystems, post: a.createSystem})
	a.resource("/api/externalsystem/{id}", verbs{get: a.getSystem, put: a.putSystem, remove: a.deleteSystem})
	a.resource("/api/webhook", verbs{get: a.listWebhooks, post: a.createWebhook})
	a.resource("/api/webhook/{id}", verbs{get: a.getWebhook, put: a.putWebhook, remove: a.deleteWebhook})

	a.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		a.refuse(w, http.StatusNotFound, "No such resource: "+r.Method+" "+r.URL.Path)
	})
}
