// @kubernetes/client-node: an informer's list and watch, and the events it makes of them.
async function main() {
  const k8s = await import(require.resolve('@kubernetes/client-node'));
  const config = new k8s.KubeConfig();
  config.loadFromDefault();
  const core = config.makeApiClient(k8s.CoreV1Api);
  const body = (name, data) => ({ namespace: 'default', body: { metadata: { name }, data } });
  await core.createNamespacedConfigMap(body('before', { a: '1' }));

  const informer = k8s.makeInformer(config, '/api/v1/namespaces/default/configmaps',
    () => core.listNamespacedConfigMap({ namespace: 'default' }));
  const seen = [];
  let last;
  const done = new Promise((resolve) => { last = resolve; });
  const note = (what) => (object) => {
    if (!['before', 'after'].includes(object.metadata.name)) return;
    seen.push(`${what} ${object.metadata.name}`);
    if (what === 'delete') last();
  };
  informer.on('add', note('add'));
  informer.on('update', note('update'));
  informer.on('delete', note('delete'));
  let stopping = false;  // Its own abort is then no error.
  informer.on('error', (error) => {
    if (stopping) return;
    console.error('informer', error);
    process.exit(1);
  });
  await informer.start();

  const made = await core.createNamespacedConfigMap(body('after', { a: '1' }));
  made.data = { a: '2' };
  await core.replaceNamespacedConfigMap({ name: 'after', namespace: 'default', body: made });
  await core.deleteNamespacedConfigMap({ name: 'after', namespace: 'default' });
  await done;
  stopping = true;
  await informer.stop();
  await core.deleteNamespacedConfigMap({ name: 'before', namespace: 'default' });

  const wanted = ['add before', 'add after', 'update after', 'delete after'];
  if (JSON.stringify(seen) !== JSON.stringify(wanted)) {
    console.error(`seen: ${seen.join(', ')}; wanted: ${wanted.join(', ')}`);
    process.exit(1);
  }
  process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
