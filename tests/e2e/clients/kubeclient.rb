# Debian's ruby-kubeclient: discovery, create, watch, patch, delete.
require 'kubeclient'

config = Kubeclient::Config.read(ENV['KUBECONFIG'])
context = config.context
client = Kubeclient::Client.new(context.api_endpoint, 'v1', ssl_options: context.ssl_options,
                                auth_options: context.auth_options)
client.discover

made = client.create_config_map(Kubeclient::Resource.new(
  metadata: { name: 'ruby', namespace: 'default' }, data: { a: '1' }))
raise "no uid: #{made}" unless made.metadata.uid
client.patch_config_map('ruby', { data: { b: '2' } }, 'default')
client.delete_config_map('ruby', 'default')

seen = []
client.watch_config_maps(namespace: 'default', name: 'ruby',
                         resource_version: made.metadata.resourceVersion) do |event|
  seen << event.type
  break if event.type == 'DELETED'
end
raise "seen: #{seen}" unless seen == %w[MODIFIED DELETED]

begin
  client.get_config_map('ruby', 'default')
  raise 'a deleted config map was read'
rescue Kubeclient::ResourceNotFoundError
  nil
end
raise 'no namespaces' if client.get_namespaces.empty?
