import { definePage } from '@/page'

export default definePage({
  path: '/messages',
  title: { zh: '消息', en: 'Messages' },
  component: () => import('./MessagesPage.vue'),
  roles: ['dispatcher', 'administrator'],
  rail: { icon: 'message', order: 5 },
  theme: 'day',
})
