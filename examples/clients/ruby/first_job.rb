# A first procedure and a first job, from the login to the history, with the refusals that every client meets.
#
# Debian: apt-get install thrift-compiler ruby-thrift
#
#   mkdir -p gen-rb idl-rb && cp idl/*.thrift idl-rb/
#   sed -i -E 's/ fields;/ fieldList;/' idl-rb/jobs.thrift      # Ruby's classes have a constant of that name
#   for f in idl-rb/*.thrift; do thrift -out gen-rb --gen rb "$f"; done
#   JOBWRIGHT_PASSWORD=… ruby -I gen-rb examples/clients/ruby/first_job.rb \
#       [host] [port] [e-mail] [framed|buffered|http] [binary|compact|json]
require 'time'
require 'thrift'
require 'authentication_service'
require 'job_template_service'
require 'jobs_service'

include Jobwright

HOST = ARGV[0] || '127.0.0.1'
PORT = Integer(ARGV[1] || 9090)
EMAIL = ARGV[2] || 'admin@localhost'
TRANSPORT = ARGV[3] || 'framed'
PROTOCOL = ARGV[4] || 'binary'
PASSWORD = ENV.fetch('JOBWRIGHT_PASSWORD', '')

PROTOCOLS = {
  'binary' => Thrift::BinaryProtocol, 'compact' => Thrift::CompactProtocol, 'json' => Thrift::JsonProtocol
}.freeze

# One TCP connection for all services: names tell them apart, and the login binds the token to the connection.
class TcpConnection
  LAYERS = { 'framed' => Thrift::FramedTransport, 'buffered' => Thrift::BufferedTransport }.freeze

  def initialize
    @transport = LAYERS.fetch(TRANSPORT).new(Thrift::Socket.new(HOST, PORT))
    @transport.open
  end

  def service(mod)
    name = mod.name.split('::').last
    mod::Client.new(Thrift::MultiplexedProtocol.new(PROTOCOLS.fetch(PROTOCOL).new(@transport), name))
  end

  def show(token); end

  def close
    @transport.close
  end
end

# A URL per service; every request shows the token in a header.
class HttpConnection
  PATHS = {
    Authentication::AuthenticationService => 'auth', JobTemplate::JobTemplateService => 'job_templates',
    Jobs::JobsService => 'jobs'
  }.freeze

  def initialize
    @transports = []
  end

  def service(mod)
    @transports << Thrift::HTTPClientTransport.new("http://#{HOST}:#{PORT}/api/#{PATHS.fetch(mod)}")
    mod::Client.new(PROTOCOLS.fetch(PROTOCOL).new(@transports.last))
  end

  def show(token)
    @transports.each { |transport| transport.add_headers('Authorization' => "Token #{token}") }
  end

  def close; end
end

# The services of a connection on which a user has logged in.
class Session
  attr_reader :auth, :templates, :jobs, :login

  def initialize
    @connection = TRANSPORT == 'http' ? HttpConnection.new : TcpConnection.new
    @auth = @connection.service(Authentication::AuthenticationService)
    @templates = @connection.service(JobTemplate::JobTemplateService)
    @jobs = @connection.service(Jobs::JobsService)
    @login = @auth.login(EMAIL, PASSWORD, Authentication::LoginOptions.new)
    @connection.show(@login.authToken)
  end

  def end
    @auth.logout
    @connection.close
  end
end

session = Session.new
templates = session.templates
jobs = session.jobs
team = session.login.teamIdToInfo.values.first
puts "logged in as #{session.login.currentUser.email}, team #{team.name}"

# Content is edited under the lock, and every edit makes a new entry. Fields left unset get their zero at the server.
params = JobTemplate::JobTemplateParams.new(title: 'Change the filter of an air handler')
template = templates.create(team.id, params, [])
templates.acquireLock(template.id)
['Lock out the fan', 'Change the filter', 'Run the fan and read the pressure drop'].each do |title|
  impl = Step::StepImpl.step(Step::Step.new(stepFields: []))
  step = Step::BaseStep.new(title: title, impl: impl)
  edited = templates.addStepModular(template.id, template.stepGroup.id, step, -1, false)
  puts "entry #{edited.internalVersion}: \"#{title}\" added"
end

# The lock belongs to the token: even the same user does not get it with another one.
elsewhere = Session.new
begin
  elsewhere.templates.acquireLock(template.id)
rescue JobTemplate::JobTemplateLockFailed => e
  puts "lock failed: #{e.message} (held by #{e.previousLock.lockHolder.email})"
end
elsewhere.end
templates.releaseLock(template.id)

# Any other refusal is a SystemException: the slug is for programs, the message for people.
begin
  jobs.createJobs(template.id, Jobs::CreateJobOverrides.new)
rescue Common::SystemException => e
  puts "refused: #{e.slug} (#{e.errorCode}): #{e.message}"
end
puts "published as version #{templates.publish(template.id).publicVersion}"

# Refusals of single steps come in the answer. No step ids means all current steps.
job_id = jobs.createJobs(template.id, Jobs::CreateJobOverrides.new(jobName: 'Filter of air handler 3')).jobIds.first
early = jobs.finishSteps(job_id, []).stepResponses.first
puts "refused at a step: #{Jobs::JobActionStepStatus::VALUE_MAP[early.status]}: #{early.statusDescription}"
until jobs.getJob(job_id, Jobs::JobRequestOptions.new).closed
  answers = [jobs.startSteps(job_id, []), jobs.finishSteps(job_id, [])]
  raise 'a step was refused' unless answers.all?(&:success)
end

jobs.getJobHistory(job_id).each do |row|
  date = Time.at(row.date / 1000, row.date % 1000, :millisecond).utc.iso8601(3)
  puts "#{date}  #{row.username}  #{Jobs::JobHistoryAction::VALUE_MAP[row.action]}  #{row.stepName}".rstrip
end
session.end
