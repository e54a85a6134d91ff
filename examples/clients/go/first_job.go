// A first procedure and a first job, from the login to the history, with the refusals that every client meets.
//
//	make
//	JOBWRIGHT_PASSWORD=… build/first_job [host] [port] [e-mail] [framed|buffered|http] [binary|compact|json]
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	"jobwright/authentication"
	"jobwright/common"
	"jobwright/job_template"
	"jobwright/jobs"
	"jobwright/step"
)

var (
	address      = net.JoinHostPort(given(1, "127.0.0.1"), given(2, "9090"))
	email        = given(3, "admin@localhost")
	transport    = given(4, "framed")
	protocolName = given(5, "binary")
	ctx          = context.Background()
)

var protocols = map[string]thrift.TProtocolFactory{
	"binary":  thrift.NewTBinaryProtocolFactoryConf(nil),
	"compact": thrift.NewTCompactProtocolFactoryConf(nil),
	"json":    thrift.NewTJSONProtocolFactory(),
}

// Connection is how a service is reached, and how its calls show the token of a login.
type Connection interface {
	service(name string) thrift.TClient
	show(token string)
	close()
}

// TCPConnection is one for all services: names tell them apart, and the login binds the token to the connection.
type TCPConnection struct{ transport thrift.TTransport }

func connectTCP() *TCPConnection {
	socket := thrift.NewTSocketConf(address, nil)
	connection := &TCPConnection{thrift.NewTBufferedTransport(socket, 8192)}
	if transport == "framed" {
		connection.transport = thrift.NewTFramedTransportConf(socket, nil)
	}
	check(connection.transport.Open())
	return connection
}

func (c *TCPConnection) service(name string) thrift.TClient {
	protocol := protocols[protocolName].GetProtocol(c.transport)
	return thrift.NewTStandardClient(protocol, thrift.NewTMultiplexedProtocol(protocol, name))
}

func (c *TCPConnection) show(string) {}

func (c *TCPConnection) close() { check(c.transport.Close()) }

// HTTPConnection has a URL per service; every request shows the token in a header.
type HTTPConnection struct{ clients []*thrift.THttpClient }

var paths = map[string]string{
	"AuthenticationService": "auth", "JobTemplateService": "job_templates", "JobsService": "jobs",
}

func (c *HTTPConnection) service(name string) thrift.TClient {
	client := must(thrift.NewTHttpClient("http://" + address + "/api/" + paths[name])).(*thrift.THttpClient)
	c.clients = append(c.clients, client)
	protocol := protocols[protocolName].GetProtocol(client)
	return thrift.NewTStandardClient(protocol, protocol)
}

func (c *HTTPConnection) show(token string) {
	for _, client := range c.clients {
		client.SetHeader("Authorization", "Token "+token)
	}
}

func (c *HTTPConnection) close() {
	for _, client := range c.clients {
		check(client.Close())
	}
}

// Session is the services of a connection on which a user has logged in.
type Session struct {
	connection Connection
	auth       *authentication.AuthenticationServiceClient
	templates  *job_template.JobTemplateServiceClient
	jobs       *jobs.JobsServiceClient
	login      *authentication.LoginResult_
}

func newSession() *Session {
	var connection Connection = &HTTPConnection{}
	if transport != "http" {
		connection = connectTCP()
	}
	s := &Session{
		connection: connection,
		auth:       authentication.NewAuthenticationServiceClient(connection.service("AuthenticationService")),
		templates:  job_template.NewJobTemplateServiceClient(connection.service("JobTemplateService")),
		jobs:       jobs.NewJobsServiceClient(connection.service("JobsService")),
	}
	s.login = must(s.auth.Login(ctx, email, os.Getenv("JOBWRIGHT_PASSWORD"), authentication.NewLoginOptions()))
	connection.show(s.login.AuthToken)
	return s
}

func (s *Session) end() {
	check(s.auth.Logout(ctx))
	s.connection.close()
}

func main() {
	log.SetFlags(0)
	session := newSession()
	for _, team := range session.login.TeamIdToInfo {
		fmt.Printf("logged in as %s, team %s\n", session.login.CurrentUser.Email, team.Name)
		runJob(session, publishTemplate(session, team.ID))
		break
	}
	session.end()
}

// publishTemplate returns the id of a template that it writes and publishes.
func publishTemplate(session *Session, teamID string) string {
	// Content is edited under the lock, and every edit makes a new entry. Fields left unset get their zero at the server.
	params := &job_template.JobTemplateParams{Title: thrift.StringPtr("Change the filter of an air handler")}
	template := must(session.templates.Create(ctx, teamID, params, nil))
	must(session.templates.AcquireLock(ctx, template.ID))
	for _, title := range []string{"Lock out the fan", "Change the filter", "Run the fan and read the pressure drop"} {
		added := &step.BaseStep{Title: title, Impl: &step.StepImpl{Step: step.NewStep()}}
		edited := must(session.templates.AddStepModular(ctx, template.ID, template.StepGroup.ID, added, -1, false))
		fmt.Printf("entry %d: \"%s\" added\n", edited.InternalVersion, title)
	}

	// The lock belongs to the token: even the same user does not get it with another one.
	elsewhere := newSession()
	_, err := elsewhere.templates.AcquireLock(ctx, template.ID)
	var failed *job_template.JobTemplateLockFailed
	if errors.As(err, &failed) {
		fmt.Printf("lock failed: %s (held by %s)\n", failed.Message, failed.PreviousLock.LockHolder.Email)
	} else {
		check(err)
	}
	elsewhere.end()
	check(session.templates.ReleaseLock(ctx, template.ID))

	// Any other refusal is a SystemException: the slug is for programs, the message for people.
	_, err = session.jobs.CreateJobs(ctx, template.ID, jobs.NewCreateJobOverrides())
	var refusal *common.SystemException
	if errors.As(err, &refusal) {
		fmt.Printf("refused: %s (%d): %s\n", refusal.Slug, refusal.ErrorCode, refusal.Message)
	} else {
		check(err)
	}
	fmt.Printf("published as version %d\n", must(session.templates.Publish(ctx, template.ID)).PublicVersion)
	return template.ID
}

func runJob(session *Session, templateID string) {
	overrides := &jobs.CreateJobOverrides{JobName: thrift.StringPtr("Filter of air handler 3")}
	jobID := must(session.jobs.CreateJobs(ctx, templateID, overrides)).JobIds[0]

	// Refusals of single steps come in the answer. No step ids means all current steps.
	early := must(session.jobs.FinishSteps(ctx, jobID, nil)).StepResponses[0]
	fmt.Printf("refused at a step: %s: %s\n", early.Status, early.StatusDescription)
	for !must(session.jobs.GetJob(ctx, jobID, jobs.NewJobRequestOptions())).Closed {
		started := must(session.jobs.StartSteps(ctx, jobID, nil))
		finished := must(session.jobs.FinishSteps(ctx, jobID, nil))
		if !started.Success || !finished.Success {
			log.Fatal("a step was refused")
		}
	}

	for _, row := range must(session.jobs.GetJobHistory(ctx, jobID)) {
		date := time.UnixMilli(int64(row.GetDate())).UTC().Format("2006-01-02T15:04:05.000Z")
		line := fmt.Sprintf("%s  %s  %s  %s", date, row.Username, row.Action, row.GetStepName())
		fmt.Println(strings.TrimRight(line, " "))
	}
}

func given(place int, fallback string) string {
	if place < len(os.Args) {
		return os.Args[place]
	}
	return fallback
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
