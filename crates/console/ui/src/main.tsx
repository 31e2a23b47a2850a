import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './app.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { guardDoubleClicks } from './shell/double';

const place = document.getElementById('app');
if (place) {
  guardDoubleClicks(document);
  createRoot(place).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
