"""A first procedure and a first job, from the login to the history, with the refusals that every client meets.

    for f in idl/*.thrift; do thrift --gen py "$f"; done     # writes gen-py/
    PYTHONPATH=gen-py JOBWRIGHT_PASSWORD=… python3 examples/clients/python/first_job.py \
        [host] [port] [e-mail] [framed|buffered|http] [binary|compact|json]
"""
import os
import sys
from datetime import datetime, timezone

from jobwright.authentication import AuthenticationService
from jobwright.authentication.ttypes import LoginOptions
from jobwright.common.ttypes import SystemException
from jobwright.job_template import JobTemplateService
from jobwright.job_template.ttypes import JobTemplateLockFailed, JobTemplateParams
from jobwright.jobs import JobsService
from jobwright.jobs.ttypes import CreateJobOverrides, JobActionStepStatus, JobHistoryAction, JobRequestOptions
from jobwright.step.ttypes import BaseStep, Step, StepImpl
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.protocol.TCompactProtocol import TCompactProtocol
from thrift.protocol.TJSONProtocol import TJSONProtocol
from thrift.protocol.TMultiplexedProtocol import TMultiplexedProtocol
from thrift.transport.THttpClient import THttpClient
from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport, TFramedTransport

given = dict(enumerate(sys.argv[1:]))
HOST, PORT, EMAIL = given.get(0, "127.0.0.1"), int(given.get(1, 9090)), given.get(2, "admin@localhost")
TRANSPORT, PROTOCOL = given.get(3, "framed"), given.get(4, "binary")
PASSWORD = os.environ.get("JOBWRIGHT_PASSWORD", "")

new_protocol = {"binary": TBinaryProtocol, "compact": TCompactProtocol, "json": TJSONProtocol}[PROTOCOL]


class HttpConnection:
    """A URL per service; every request shows the token in a header."""

    PATHS = {AuthenticationService: "auth", JobTemplateService: "job_templates", JobsService: "jobs"}

    def __init__(self):
        self.transports = []
        self.headers = {}

    def service(self, module):
        transport = THttpClient(f"http://{HOST}:{PORT}/api/{self.PATHS[module]}")
        transport.setCustomHeaders(self.headers)
        self.transports.append(transport)
        return module.Client(new_protocol(transport))

    def show(self, token):
        self.headers["Authorization"] = f"Token {token}"

    def close(self):
        for transport in self.transports:
            if transport.isOpen():
                transport.close()


class TcpConnection:
    """One TCP connection for all services: names tell them apart, and the login binds the token to the connection."""

    def __init__(self):
        layer = {"framed": TFramedTransport, "buffered": TBufferedTransport}[TRANSPORT]
        self.transport = layer(TSocket(HOST, PORT))
        self.transport.open()

    def service(self, module):
        name = module.__name__.split(".")[-1]
        return module.Client(TMultiplexedProtocol(new_protocol(self.transport), name))

    def show(self, token):
        pass

    def close(self):
        self.transport.close()


class Session:
    """The services of a connection on which a user has logged in."""

    def __init__(self):
        self.connection = HttpConnection() if TRANSPORT == "http" else TcpConnection()
        self.auth = self.connection.service(AuthenticationService)
        self.templates = self.connection.service(JobTemplateService)
        self.jobs = self.connection.service(JobsService)
        self.login = self.auth.login(EMAIL, PASSWORD, LoginOptions())
        self.connection.show(self.login.authToken)

    def end(self):
        self.auth.logout()
        self.connection.close()


session = Session()
templates, jobs = session.templates, session.jobs
team = next(iter(session.login.teamIdToInfo.values()))
print(f"logged in as {session.login.currentUser.email}, team {team.name}")

# Content is edited under the lock, and every edit makes a new entry. Fields left unset get their zero at the server.
template = templates.create(team.id, JobTemplateParams(title="Change the filter of an air handler"), [])
templates.acquireLock(template.id)
for title in ["Lock out the fan", "Change the filter", "Run the fan and read the pressure drop"]:
    step = BaseStep(title=title, impl=StepImpl(step=Step(stepFields=[])))
    edited = templates.addStepModular(template.id, template.stepGroup.id, step, -1, False)
    print(f'entry {edited.internalVersion}: "{title}" added')

# The lock belongs to the token: even the same user does not get it with another one.
elsewhere = Session()
try:
    elsewhere.templates.acquireLock(template.id)
except JobTemplateLockFailed as failed:
    print(f"lock failed: {failed.message} (held by {failed.previousLock.lockHolder.email})")
elsewhere.end()
templates.releaseLock(template.id)

# Any other refusal is a SystemException: the slug is for programs, the message for people.
try:
    jobs.createJobs(template.id, CreateJobOverrides())
except SystemException as refusal:
    print(f"refused: {refusal.slug} ({refusal.errorCode}): {refusal.message}")
print(f"published as version {templates.publish(template.id).publicVersion}")

# Refusals of single steps come in the answer. No step ids means all current steps.
job_id = jobs.createJobs(template.id, CreateJobOverrides(jobName="Filter of air handler 3")).jobIds[0]
early = jobs.finishSteps(job_id, []).stepResponses[0]
print(f"refused at a step: {JobActionStepStatus._VALUES_TO_NAMES[early.status]}: {early.statusDescription}")
while not jobs.getJob(job_id, JobRequestOptions()).closed:
    answers = [jobs.startSteps(job_id, []), jobs.finishSteps(job_id, [])]
    if not all(answer.success for answer in answers):
        raise RuntimeError("a step was refused")

for row in jobs.getJobHistory(job_id):
    date = datetime.fromtimestamp(row.date / 1000, timezone.utc).isoformat(timespec="milliseconds")
    print(f"{date}  {row.username}  {JobHistoryAction._VALUES_TO_NAMES[row.action]}  {row.stepName or ''}".rstrip())
session.end()
