/** Mounts the console. The nonce shim comes first: nothing may make a style element before it. */
import '@/lib/csp';
import '@/lib/oauth-arrival';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import '@fontsource-variable/inter/index.css';
import '@fontsource-variable/jetbrains-mono/index.css';
import '@/styles/base.css';
import '@/styles/shell.css';
import '@/styles/content.css';
import '@/styles/runs.css';
import '@/styles/requests.css';
import '@/styles/written.css';
import '@/styles/profile.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from '@/app';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(<StrictMode><App /></StrictMode>);
